"""What asking the authorize address without a browser tells of a redirect URI."""

from typing import Any

import pytest

from app.constant_contact import errors, probe
from app.constant_contact.oauth import Credentials
from app.simulator import SimulatorSettings
from app.simulator.server import start
from tests.constant_contact.calling import key, raised
from tests.constant_contact.endpoint import Answer, Endpoint
from tests.world import PATIENCE, PUBLIC_URL, ROTATING

OURS = f"{PUBLIC_URL}/connect/callback"
SIGN_IN = Answer(200, "<html><h1>Sign in</h1><input type=password></html>")
REFUSED = Answer(400, "<html>The 'redirect_uri' parameter must be …</html>")


def to(location: str) -> Answer:
    return Answer(302, b"", {"Location": location})


def asked(here: Endpoint) -> None:
    probe.redirect_uri(key(here), "contact_data", OURS, pkce=True)


@pytest.mark.parametrize("hops", [0, 1, 3])
@pytest.mark.parametrize(
    ("last", "error"),
    [
        (SIGN_IN, None),
        (to(f"{OURS}?error=login_required&state=x"), None),
        (to(f"{OURS}?error=invalid_scope"), errors.Unsupported),
        (REFUSED, errors.Invalid),
        (Answer(400, "Invalid value for 'client_id' parameter."), errors.ClientRefused),
        (Answer(200, "<html>Email marketing made easy</html>"), errors.Unsupported),
        (Answer(503, "<html>"), errors.Down),
        (to("https://elsewhere.example/login"), errors.Unsupported),
        (to("http://127.0.0.1:9/login"), errors.Unsupported),
    ],
    ids=lambda value: str(value)[:60],
)
def test_redirects_are_followed_to_the_page_that_judges(
    provider: Endpoint, last: Answer, error: Any, hops: int
) -> None:
    for hop in range(hops):
        provider.answers.append(to(f"/hop/{hop}"))
    provider.answers.append(last)

    if error is None:
        asked(provider)
    else:
        assert type(raised(asked, provider)) is error
    assert len(provider.requests) == hops + 1


def test_redirects_without_end_say_nothing(provider: Endpoint) -> None:
    provider.usual = to("/again")

    assert type(raised(asked, provider)) is errors.Unsupported
    assert len(provider.requests) == probe.MAX_HOPS


@pytest.mark.parametrize(
    ("location", "is_the_providers"),
    [
        ("https://authz.constantcontact.com/x", True),
        ("https://identity.constantcontact.com/x", True),
        ("http://identity.constantcontact.com/x", False),
        ("https://constantcontact.com.evil.example/x", False),
        ("https://evilconstantcontact.com/x", False),
    ],
)
def test_hosts_of_the_provider_share_its_domain(
    location: str, is_the_providers: bool
) -> None:
    auth_url = "https://authz.constantcontact.com/oauth2/default/v1"

    assert probe._same_provider(location, auth_url) is is_the_providers


@pytest.mark.parametrize(
    ("client_id", "address", "error"),
    [
        (ROTATING.client_id, OURS, None),
        (ROTATING.client_id, f"{OURS}/wrong", errors.Invalid),
        ("no-such-key", OURS, errors.ClientRefused),
    ],
)
def test_the_simulator_redirects_first_and_is_understood(
    client_id: str, address: str, error: Any
) -> None:
    with start(SimulatorSettings(redirect_uris=(OURS,))) as running:
        url = f"{running.url}/oauth2/default/v1"
        credentials = Credentials(client_id, "x", url, PATIENCE)
        arguments = (credentials, "contact_data", address, True)

        if error is None:
            probe.redirect_uri(*arguments)
        else:
            assert type(raised(probe.redirect_uri, *arguments)) is error
