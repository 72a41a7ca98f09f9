"""The one door to the network: time limits, no redirects, no other hosts, and nothing
secret told.
"""

import re
from typing import Any

import pytest

from app.constant_contact import errors, oauth
from app.constant_contact.client import Client
from app.constant_contact.http import BoundedSession
from tests.constant_contact.calling import (
    ACCESS,
    ITEM,
    REFRESH,
    SECRET,
    api,
    key,
    raised,
)
from tests.constant_contact.endpoint import (
    Answer,
    Endpoint,
    endpoint,
    full_port,
    unused_port,
)
from tests.world import PATIENCE

DRIPS = 800  # bytes, of which only the first can come in time


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(provider: Endpoint, status: int) -> None:
    with endpoint() as elsewhere:
        provider.usual = Answer(
            status, b"", {"Location": f"{elsewhere.url}/v3/account/summary"}
        )
        error = raised(api(provider).summary)
        refused = raised(oauth.refresh, key(provider), REFRESH)

    assert type(error) is type(refused) is errors.Nonsense
    assert elsewhere.requests == []
    assert len(provider.requests) == 2


def test_a_next_page_on_the_same_host_is_read(provider: Endpoint) -> None:
    provider.answers.extend(
        [
            Answer(
                200,
                {
                    "lists": [{"list_id": "1", "name": "One"}],
                    "_links": {"next": {"href": "/v3/contact_lists?cursor=two"}},
                },
            ),
            Answer(
                200,
                {
                    "lists": [{"list_id": "2", "name": "Two"}],
                    "_links": {
                        "next": {
                            "href": f"{provider.url}/v3/contact_lists?cursor=three"
                        }
                    },
                },
            ),
            Answer(200, {"lists": [{"list_id": "3", "name": "Three"}]}),
        ]
    )

    found = api(provider).lists()

    assert [item.name for item in found] == ["One", "Two", "Three"]
    assert [request.path for request in provider.requests] == [
        "/v3/contact_lists?limit=500",
        "/v3/contact_lists?cursor=two",
        "/v3/contact_lists?cursor=three",
    ]


@pytest.mark.parametrize(
    "href",
    [
        "https://evil.example/v3/contact_lists?cursor=x",
        "//evil.example/v3/contact_lists",
        "/elsewhere",
        "/v3",
        "http://evil.example@127.0.0.1/v3/contact_lists",
        "javascript:alert(1)",
    ],
)
def test_a_next_page_on_another_host_is_refused(provider: Endpoint, href: str) -> None:
    provider.usual = Answer(200, {"lists": [], "_links": {"next": {"href": href}}})

    assert type(raised(api(provider).lists)) is errors.Nonsense
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    "links",
    ["next", ["next"], {"next": "/v3/x"}, {"next": {"href": 7}}, {"next": ["x"]}, 7],
)
def test_links_of_no_shape_are_nonsense(provider: Endpoint, links: Any) -> None:
    provider.usual = Answer(200, {"lists": [], "_links": links})

    assert type(raised(api(provider).lists)) is errors.Nonsense


def test_a_next_page_that_leads_to_itself_ends(provider: Endpoint) -> None:
    provider.usual = Answer(
        200,
        {"lists": [], "_links": {"next": {"href": "/v3/contact_lists?cursor=same"}}},
    )

    assert api(provider).lists() == []
    assert len(provider.requests) == 50


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"a": "b" * DRIPS}, drip=0.15),
        Answer(200, {"a": "b" * DRIPS}, drip=0.15, drip_headers=True),
    ],
    ids=["body", "headers"],
)
@pytest.mark.parametrize("call", ["api", "token"])
def test_a_dripping_answer_ends_at_the_deadline(
    provider: Endpoint, answer: Answer, call: str
) -> None:
    provider.usual = answer
    error = (
        raised(api(provider, 0.4).summary)
        if call == "api"
        else raised(oauth.refresh, key(provider, 0.4), REFRESH)
    )

    assert type(error) is errors.Unanswered
    assert len(provider.requests) == 1
    assert provider.sent_whole == 0


def test_a_silent_server_ends_at_the_deadline(provider: Endpoint) -> None:
    def stay_silent() -> None:
        provider.hanging_up.wait(PATIENCE)

    provider.usual = Answer(200, {}, first=stay_silent)
    error = raised(api(provider, 0.3).summary)

    assert type(error) is errors.Unanswered
    assert provider.sent_whole == 0


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_cut_after_sending_leaves_the_effect_unknown(
    provider: Endpoint, method: str
) -> None:
    provider.usual = Answer(reset=True)
    error = (
        raised(api(provider).summary)
        if method == "GET"
        else raised(api(provider).sign_up, {})
    )

    assert type(error) is errors.Unanswered
    assert len(provider.requests) == 1


def test_a_body_cut_short_leaves_the_effect_unknown(provider: Endpoint) -> None:
    provider.usual = Answer(200, {"encoded_account_id": "a"}, missing=10)

    assert type(raised(api(provider).summary)) is errors.Unanswered


def test_where_nobody_listens_nothing_was_sent() -> None:
    nobody = Client(
        BoundedSession(PATIENCE),
        f"http://127.0.0.1:{unused_port()}/v3",
        ACCESS,
        lambda: None,
    )

    assert type(raised(nobody.summary)) is errors.Unreachable


def test_a_name_that_nobody_knows_is_never_asked() -> None:
    nowhere = Client(
        BoundedSession(PATIENCE), "http://nowhere.invalid/v3", ACCESS, lambda: None
    )
    error = raised(nowhere.summary)

    assert type(error) is errors.Unreachable
    assert error.detail == "NameResolutionError"


def test_an_address_that_never_accepts_uses_up_no_more_than_the_deadline(
    caplog: pytest.LogCaptureFixture,
) -> None:
    deadline = 0.8
    with full_port() as port, caplog.at_level("WARNING", "urllib3"):
        full = Client(
            BoundedSession(deadline),
            f"http://127.0.0.1:{port}/v3",
            ACCESS,
            lambda: None,
        )

        assert type(raised(full.summary)) is errors.Unreachable
    # the last try is not told of, and took as long at most
    tries = re.findall(r"connect timeout=([\d.]+)", caplog.text)
    assert len(tries) == 2
    assert sum(map(float, tries)) + float(tries[-1]) <= deadline


TROUBLE = [
    Answer(400, [ITEM]),
    Answer(503, "<html>"),
    Answer(200, "nonsense"),
    Answer(reset=True),
    Answer(200, {}, missing=3),
    Answer(302, b"", {"Location": "/x"}),
    Answer(401, {"error": "invalid_client"}),
    Answer(400, {"error": "invalid_grant", "error_description": "no"}),
]


@pytest.mark.parametrize(
    "answer", TROUBLE, ids=lambda answer: f"{answer.status}-{answer.payload[:12]!r}"
)
def test_no_exception_speaks_of_a_secret(provider: Endpoint, answer: Answer) -> None:
    provider.usual = answer
    said = ""
    for call in (
        lambda: api(provider).find("zoe@example.com"),
        lambda: oauth.refresh(key(provider), REFRESH),
        lambda: oauth.exchange(key(provider), "a-code", "http://x/", "a-verifier"),
    ):
        error: BaseException | None = raised(call)
        while error:
            said += f"{error} {error!r} {error.args} "
            error = error.__cause__

    assert [
        word
        for word in (SECRET, ACCESS, REFRESH, "a-code", "a-verifier", "zoe@")
        if word in said
    ] == []


def test_calls_are_paced_before_they_are_made(provider: Endpoint) -> None:
    turns: list[int] = []
    provider.usual = Answer(
        200, {"contacts": [], "encoded_account_id": "a", "lists": [], "contact_id": "c"}
    )
    calls = Client(
        BoundedSession(5),
        f"{provider.url}/v3",
        ACCESS,
        lambda: turns.append(len(provider.requests)),
    )
    calls.summary(), calls.lists(), calls.find("a@example.com"), calls.sign_up({})

    assert turns == [0, 1, 2, 3]


def test_every_call_carries_the_token_in_its_header_only(provider: Endpoint) -> None:
    provider.usual = Answer(200, {"encoded_account_id": "a"})
    api(provider).summary()

    assert provider.requests[0].headers["Authorization"] == f"Bearer {ACCESS}"
    assert ACCESS not in provider.requests[0].path + provider.requests[0].body
