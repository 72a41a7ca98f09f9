"""What answers mean: each status one error, their words kept, bodies bounded, waits in
seconds.
"""

import gzip
import tracemalloc
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from app.constant_contact import errors, http
from app.constant_contact.http import MAX_BYTES, BoundedSession
from tests.constant_contact.calling import ITEM, NAME_OF_ERROR, api, raised
from tests.constant_contact.endpoint import (
    Answer,
    Endpoint,
)


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


def test_words_come_as_every_database_stores_them() -> None:
    assert http.plain("a\0b\ud800" + "c" * 600) == "ab?" + "c" * 497


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
