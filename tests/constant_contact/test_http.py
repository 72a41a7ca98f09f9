"""The one door to the network: time limits, no redirects, bounded bodies, their words
kept, secrets not.
"""

import gzip
import re
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from app.constant_contact import errors, http, oauth
from app.constant_contact.client import Client
from app.constant_contact.http import MAX_BYTES, BoundedSession
from app.constant_contact.oauth import Credentials
from tests.constant_contact.endpoint import (
    Answer,
    Endpoint,
    endpoint,
    full_port,
    unused_port,
)
from tests.world import PATIENCE

DRIPS = 800  # bytes, of which only the first can come in time
SECRET, ACCESS, REFRESH = (
    "a-client-secret-nobody-may-see",
    "an-access-token",
    "a-refresh-token",
)
NAME_OF_ERROR = {kind.reason: kind for kind in errors.ALL}


@pytest.fixture
def provider() -> Iterator[Endpoint]:
    with endpoint() as running:
        yield running


def api(here: Endpoint, deadline: float = PATIENCE) -> Client:
    return Client(BoundedSession(deadline), f"{here.url}/v3", ACCESS, lambda: None)


def key(here: Endpoint, deadline: float = PATIENCE) -> Credentials:
    return Credentials("an-id", SECRET, here.url, deadline)


def raised(call: Any, *arguments: Any) -> errors.ProviderError:
    with pytest.raises(errors.ProviderError) as caught:
        call(*arguments)
    return caught.value


ITEM = {"error_key": "contacts.api.validation.error", "error_message": "Email is wrong"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid"),
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "list_missing"),
        (405, "unsupported"),
        (408, "provider_down"),
        (409, "conflict"),
        (410, "unsupported"),
        (413, "unsupported"),
        (415, "unsupported"),
        (422, "unsupported"),
        (451, "unsupported"),
        (429, "throttled"),
        (500, "provider_down"),
        (502, "provider_down"),
        (503, "provider_down"),
        (504, "provider_down"),
    ],
)
@pytest.mark.parametrize("body", [[ITEM], ITEM], ids=["list", "object"])
def test_a_status_means_one_error_whichever_shape_its_body_has(
    provider: Endpoint, status: int, kind: str, body: Any
) -> None:
    provider.usual = Answer(status, body, {"x-amzn-RequestId": "r-1"})

    error = raised(api(provider).sign_up, {})

    assert type(error) is NAME_OF_ERROR[kind]
    assert (error.detail, error.status, error.request_id) == (
        "Email is wrong",
        status,
        "r-1",
    )


def test_several_faults_are_told_together(provider: Endpoint) -> None:
    provider.usual = Answer(
        400, [ITEM, {"error_key": "x", "error_message": "List is gone"}, "noise", 7]
    )

    assert raised(api(provider).summary).detail == "Email is wrong; List is gone"


GATEWAYS = {
    "page": "<html>Request blocked</html>",
    "nothing": b"",
    "message": {"message": "Forbidden"},
    "word": b'"no"',
    "number": 7,
    "list of nothing": [],
    "list of numbers": [7],
    "cut off": b'[{"error_key": "x"',
}


@pytest.mark.parametrize("said", GATEWAYS.values(), ids=GATEWAYS)
def test_what_is_no_word_of_the_provider_is_an_outage_whatever_its_status(
    provider: Endpoint, said: Any
) -> None:
    found = {}
    for status in (400, 402, 403, 404, 405, 408, 409, 413, 415, 422):
        provider.usual = Answer(status, said, {"X-Amz-Cf-Id": "cf-1"})
        error = raised(api(provider).sign_up, {})
        found[status] = (
            type(error),
            error.detail in ("Forbidden", f"HTTP {status}"),
            error.request_id,
        )

    assert set(found.values()) == {(errors.Down, True, "cf-1")}


@pytest.mark.parametrize("said", GATEWAYS.values(), ids=GATEWAYS)
def test_a_401_and_a_429_count_whoever_says_them(provider: Endpoint, said: Any) -> None:
    provider.answers.extend([Answer(401, said), Answer(429, said)])

    assert type(raised(api(provider).sign_up, {})) is errors.Unauthorized
    assert type(raised(api(provider).sign_up, {})) is errors.Throttled


@pytest.mark.parametrize("status", [404, 405, 410, 415, 422])
def test_a_look_whose_route_is_gone_is_nobodys_fault(
    provider: Endpoint, status: int
) -> None:
    provider.usual = Answer(status, [ITEM], {"x-amzn-RequestId": "r-1"})

    error = raised(api(provider).find, "zoe@example.com")

    assert type(error) is errors.Nonsense
    assert (error.detail, error.request_id) == ("Email is wrong", "r-1")


@pytest.mark.parametrize(
    "body",
    [
        {"error_key": "quota_exceeded", "error_message": "Limit Exceeded"},
        [{"error_key": "quota_exceeded", "error_message": "Limit Exceeded"}],
        {"message": "Limit Exceeded"},
    ],
)
def test_a_spent_day_is_not_a_moments_throttle(provider: Endpoint, body: Any) -> None:
    provider.usual = Answer(429, body)

    assert type(raised(api(provider).summary)) is errors.QuotaSpent


@pytest.mark.parametrize(
    "body", ["<html>503</html>", b"", b"\xff\xfe\x00", b"{", b"null"]
)
def test_an_error_without_words_says_its_status(provider: Endpoint, body: Any) -> None:
    provider.usual = Answer(503, body)

    assert raised(api(provider).summary).detail == "HTTP 503"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, "<html>fine</html>"),
        Answer(200, b""),
        Answer(200, b"{"),
        Answer(200, b"null"),
        Answer(200, []),
        Answer(200, 7),
        Answer(200, {}),
        Answer(200, {"encoded_account_id": 7}),
        Answer(200, {"encoded_account_id": ""}),
        Answer(200, {"encoded_account_id": "x" * 81}),
        Answer(204, b""),
        Answer(200, b"[" * 200_000),
        Answer(200, {"encoded_account_id": "a", "padding": "x" * 3_000_000}),
    ],
    ids=lambda answer: f"{answer.status}-{answer.payload[:30]!r}",
)
def test_an_answer_of_no_documented_shape_is_nonsense(
    provider: Endpoint, answer: Answer
) -> None:
    provider.usual = answer

    assert type(raised(api(provider).summary)) is errors.Nonsense


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ([ITEM], "an answer that is no SignUpReply: Email is wrong"),
        (
            {"error_key": "x", "error_message": "Email is wrong"},
            "an answer that is no SignUpReply: Email is wrong",
        ),
        ({"action": "created"}, "an answer that is no SignUpReply"),
        ({"contact_id": None}, "an answer that is no SignUpReply"),
        ({"contact_id": 7}, "an answer that is no SignUpReply"),
        ("<html>", "HTTP 200"),
    ],
)
def test_a_200_that_is_none_keeps_its_words_and_its_number(
    provider: Endpoint, body: Any, detail: str
) -> None:
    provider.usual = Answer(200, body, {"x-amzn-RequestId": "r-1"})

    error = raised(api(provider).sign_up, {})

    assert type(error) is errors.Nonsense
    assert (error.detail, error.status, error.request_id) == (detail, 200, "r-1")


@pytest.mark.parametrize("text", ['{"contact_id": "c", "action": "\u00e9"}'])
@pytest.mark.parametrize("code", ["latin-1", "utf-8-sig"])
def test_an_answer_in_another_code_is_read_as_far_as_it_goes(
    provider: Endpoint, text: str, code: str
) -> None:
    provider.usual = Answer(201, text.encode(code))

    assert api(provider).sign_up({}).contact_id == "c"


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b" " * 30_000_000), b"no gzip at all"],
    ids=["bomb", "plain"],
)
def test_what_is_packed_is_unpacked_to_its_limit(
    provider: Endpoint, packed: bytes
) -> None:
    provider.usual = Answer(200, packed, {"Content-Encoding": "gzip"})
    tracemalloc.start()
    error = raised(api(provider).summary)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert isinstance(error, errors.Nonsense | errors.Unanswered)
    assert most < 3 * MAX_BYTES


HOUR, FROM = 3600, "Sun, 22 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 1),
        ("1", 1),
        ("86401", 86_400),
        ("315360000", 86_400),
        ("9" * 4000, 86_400),
        ("Sun, 22 Nov 2026 11:00:00 GMT", HOUR),
        ("Sunday, 22-Nov-26 11:00:00 GMT", HOUR),
        ("Sun, 22 Nov 2026 11:00:00 -0000", HOUR),
        ("Sun, 22 Nov 2026 13:00:00 +0200", HOUR),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 1),
        ("Sun, 22 Nov 2036 10:00:00 GMT", 86_400),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("120, 60", None),
        ("\u0663", None),
        ("Sun, 99 Nov 2026 10:00:00 GMT", None),
        ("Sun, 22 Nov 99999 10:00:00 GMT", None),
        (",", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_asked_for_is_told_in_seconds(
    provider: Endpoint, status: int, asked: str, seconds: float | None
) -> None:
    provider.usual = Answer(status, [ITEM], {"Retry-After": asked, "Date": FROM})

    assert raised(api(provider).sign_up, {}).retry_after == seconds
    assert raised(api(provider).find, "zoe@example.com").retry_after == seconds


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 500, 502])
def test_a_wait_on_any_other_answer_is_not_asked_of_us(
    provider: Endpoint, status: int
) -> None:
    provider.usual = Answer(status, [ITEM], {"Retry-After": "120"})

    assert raised(api(provider).sign_up, {}).retry_after is None


def test_a_date_without_theirs_is_held_against_our_clock(provider: Endpoint) -> None:
    provider.usual = Answer(
        503,
        b"",
        {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(minutes=10))},
    )

    assert 590 < (raised(api(provider).summary).retry_after or 0) <= 600


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


# -- the token endpoint

GOOD = {
    "token_type": "Bearer",
    "access_token": "new-access",
    "expires_in": 86_400,
    "refresh_token": "new-refresh",
    "scope": "contact_data offline_access",
}


def test_a_good_reply_is_a_token_set(provider: Endpoint) -> None:
    provider.usual = Answer(200, GOOD)
    granted = oauth.refresh(key(provider), REFRESH)

    assert (granted.access_token, granted.refresh_token) == (
        "new-access",
        "new-refresh",
    )
    assert granted.scopes == ("contact_data", "offline_access")
    assert granted.expires_in == timedelta(days=1)


@pytest.mark.parametrize(
    "change",
    [
        {"token_type": "bearer"},
        {"expires_in": "28800"},
        {"extra": {"deep": []}},
        {"id_token": "x"},
    ],
)
def test_harmless_differences_are_taken(
    provider: Endpoint, change: dict[str, Any]
) -> None:
    provider.usual = Answer(200, GOOD | change)

    assert oauth.refresh(key(provider), REFRESH).access_token == "new-access"


@pytest.mark.parametrize(
    "change",
    [
        {"token_type": "mac"},
        {"token_type": None},
        {"access_token": ""},
        {"access_token": None},
        {"access_token": 7},
        {"access_token": ["x"]},
        {"access_token": "x" * 20_000},
        {"expires_in": None},
        {"expires_in": 0},
        {"expires_in": -5},
        {"expires_in": "soon"},
        {"expires_in": 1e300},
        {"expires_in": 9_999_999_999},
        {"expires_in": [1]},
        {"refresh_token": 7},
        {"refresh_token": ""},
        {"scope": ["a"]},
        {"error": "x"},
    ],
    ids=str,
)
def test_a_reply_with_a_wrong_part_is_nonsense(
    provider: Endpoint, change: dict[str, Any]
) -> None:
    provider.usual = Answer(
        200,
        {name: value for name, value in (GOOD | change).items() if value is not None},
    )

    assert type(raised(oauth.refresh, key(provider), REFRESH)) is errors.Nonsense


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            Answer(400, {"error": "invalid_grant", "error_description": "gone"}),
            "grant_refused",
        ),
        (Answer(401, {"error": "invalid_client"}), "client_refused"),
        (Answer(400, {"error": "invalid_client"}), "client_refused"),
        (
            Answer(
                401,
                {
                    "errorCode": "E0",
                    "errorSummary": "Invalid value for 'client_id' parameter.",
                },
            ),
            "client_refused",
        ),
        (Answer(400, {"error": "invalid_request"}), "nonsense"),
        (Answer(400, "<html>"), "nonsense"),
        (Answer(400, []), "nonsense"),
        (Answer(401, b"["), "nonsense"),
        (Answer(400, b"[" * 200_000), "nonsense"),
        (
            Answer(
                429, {"error_key": "throttled", "error_message": "Too Many Requests"}
            ),
            "throttled",
        ),
        (Answer(500, {"error": "server_error"}), "provider_down"),
        (Answer(503, "<html>"), "provider_down"),
        (Answer(500, {"error": "invalid_grant"}), "provider_down"),
        (Answer(200, []), "nonsense"),
        (Answer(200, {}), "nonsense"),
        (Answer(200, "x"), "nonsense"),
        (Answer(200, 7), "nonsense"),
        (Answer(200, ["access_token"]), "nonsense"),
        (Answer(200, b"null"), "nonsense"),
        (Answer(404, "x"), "nonsense"),
        (Answer(405, [ITEM]), "nonsense"),
        (Answer(403, "<html>"), "provider_down"),
        (Answer(200, {"error": "invalid_grant"}), "nonsense"),
    ],
    ids=lambda value: (
        value if isinstance(value, str) else f"{value.status}-{value.payload[:30]!r}"
    ),
)
def test_a_refusal_is_told_apart_from_trouble(
    provider: Endpoint, answer: Answer, kind: str
) -> None:
    provider.usual = answer

    assert type(raised(oauth.refresh, key(provider), REFRESH)) is NAME_OF_ERROR[kind]
    assert (
        type(raised(oauth.exchange, key(provider), "code", "http://x/", None))
        is NAME_OF_ERROR[kind]
    )


def test_the_token_request_proves_the_client_in_its_header_and_carries_the_rest_in_its_body(
    provider: Endpoint,
) -> None:
    provider.usual = Answer(200, GOOD)
    oauth.exchange(
        key(provider), "a-code", "http://127.0.0.1:8111/connect/callback", "a-verifier"
    )
    oauth.refresh(key(provider), REFRESH)
    exchange, renewal = provider.requests

    assert exchange.method == renewal.method == "POST"
    assert exchange.path == renewal.path == "/token"
    assert exchange.headers["Authorization"].startswith("Basic ")
    assert exchange.headers["Authorization"] == renewal.headers["Authorization"]
    assert exchange.headers["Content-Type"].startswith(
        "application/x-www-form-urlencoded"
    )
    assert sorted(part.split("=")[0] for part in exchange.body.split("&")) == [
        "code",
        "code_verifier",
        "grant_type",
        "redirect_uri",
    ]
    assert sorted(part.split("=")[0] for part in renewal.body.split("&")) == [
        "grant_type",
        "refresh_token",
    ]


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "ä.ö.ü", "eyJhbGciOiJSUzI1NiJ9.W10.x", "e30.e30.", "." * 50],
)
def test_a_token_that_is_no_jwt_has_no_claims(token: str) -> None:
    claims = oauth.claims_of(token)

    assert (claims.exp, claims.scp, claims.sub, claims.unassigned) == (
        None,
        (),
        "",
        False,
    )


def test_words_come_as_every_database_stores_them() -> None:
    assert http.plain("a\0b\ud800" + "c" * 600) == "ab?" + "c" * 497


def test_an_end_that_no_calendar_has_is_no_end() -> None:
    assert oauth.Claims(exp=1_900_000_000_000).expires_at is None
    assert oauth.Claims(exp=10**30).expires_at is None


def test_every_error_has_a_reason_of_its_own() -> None:
    assert len({kind.reason for kind in errors.ALL}) == len(errors.ALL)


def test_a_body_that_was_read_within_a_limit_stays_the_content_of_the_response(
    provider: Endpoint,
) -> None:
    provider.usual = Answer(200, {"contacts": []})

    response = BoundedSession(5).get(f"{provider.url}/v3/contacts")

    assert requests.__version__.startswith("2."), (
        "app/constant_contact/http.py sets `Response._content`, as requests 2 keeps a"
        " body. Look whether another version still does, then change this line."
    )
    assert response.content == b'{"contacts": []}'
    assert response.json() == {"contacts": []}
