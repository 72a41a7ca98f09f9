"""Where the browser is sent, and when it is not sent back."""

import pytest

from .acting import CALLBACK, CHALLENGE, ROTATING, Actor, answer_in

NOT_REGISTERED = "must be a Login redirect URI in the client app settings"


@pytest.mark.parametrize(
    "uri",
    [
        CALLBACK + "/",
        CALLBACK + "?x=1",
        CALLBACK.replace("http:", "https:"),
        CALLBACK.replace("8000", "8001"),
        CALLBACK.replace("connect", "Connect"),
        "http://127.0.0.1:8000/",
        CALLBACK + "#part",
    ],
)
def test_a_redirect_uri_that_differs_at_all_gets_a_page_and_no_redirect(
    actor: Actor, uri: str
) -> None:
    response = actor.authorize(redirect_uri=uri)

    assert response.status_code == 400
    assert response.headers["Content-Type"].startswith("text/html")
    assert NOT_REGISTERED in response.text.replace("&#39;", "'")


@pytest.mark.parametrize("uri", [None, "", "/connect/callback", "connect/callback"])
def test_a_relative_redirect_uri_gets_a_page(actor: Actor, uri: str | None) -> None:
    response = actor.authorize(redirect_uri=uri)

    assert response.status_code == 400
    assert "must be an absolute URI" in response.text


@pytest.mark.parametrize(
    "client_id", [None, "", "99999999-9999-4999-8999-999999999999"]
)
def test_an_unknown_app_gets_a_page(actor: Actor, client_id: str | None) -> None:
    response = actor.authorize(client_id=client_id)

    assert response.status_code == 400
    assert "Invalid value for" in response.text


def test_a_switched_off_app_gets_a_page(actor: Actor) -> None:
    actor.control("apps", {"client_id": ROTATING[0], "active": False})

    assert actor.authorize().status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"state": None}, "invalid_request"),
        ({"state": ""}, "invalid_request"),
        ({"scope": None}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "contact_data everything"}, "invalid_scope"),
        ({"scope": "contact_data+offline_access"}, "invalid_scope"),
        ({"scope": "contact_data,offline_access"}, "invalid_scope"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        (
            {"code_challenge": CHALLENGE, "code_challenge_method": "plain"},
            "invalid_request",
        ),
        (
            {"code_challenge": "short", "code_challenge_method": "S256"},
            "invalid_request",
        ),
        ({"prompt": "sometimes"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_other_mistakes_go_back_to_the_app(
    actor: Actor, changes: dict[str, str | None], error: str
) -> None:
    answer = answer_in(actor.authorize(**changes))

    assert answer["error"] == error
    assert answer["error_description"]
    assert answer.get("state") == (
        changes["state"] or None if "state" in changes else "s-1"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"scope": "everything"},
            (
                "One or more scopes are not configured for the authorization server"
                " resource."
            ),
        ),
        (
            {"state": None},
            "The authentication request has an invalid 'state' parameter.",
        ),
        (
            {"response_type": "token"},
            "The response type is not supported by the authorization server.",
        ),
    ],
)
def test_the_app_is_told_in_oktas_words(
    actor: Actor, changes: dict[str, str | None], words: str
) -> None:
    assert answer_in(actor.authorize(**changes))["error_description"] == words


def test_a_parameter_sent_twice_goes_back_as_an_error(actor: Actor) -> None:
    url = actor.authorize().request.url or ""
    response = actor.owner.get(url + "&state=s-2", allow_redirects=False)

    assert answer_in(response)["error"] == "invalid_request"


def test_a_good_request_leads_to_a_page_to_sign_in(actor: Actor) -> None:
    response = actor.owner.get(actor.authorize().request.url or "")

    assert response.status_code == 200
    assert "Sign in" in response.text
    assert "Maple &amp; Rye Bakery" in response.text


def test_there_is_no_discovery(actor: Actor) -> None:
    for path in (
        "/.well-known/openid-configuration",
        "/oauth2/default/.well-known/oauth-authorization-server",
    ):
        response = actor.http.get(actor.url(path))

        assert (response.status_code, response.content) == (404, b"")
