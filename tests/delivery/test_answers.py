"""Every answer has its verdict: what the provider may say to a sign-up, one line each,
through the worker itself.

The call that signs somebody up is answered so, and then the provider is well for a
while: what waits is delivered, by itself, and what is parked stays for a person to look
at.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select

from app import messages
from app.database.session import db
from app.forms.models import Form
from app.signups.models import Attempt, Signup, SignupState
from app.worker import runner
from tests.constant_contact.endpoint import (
    Answer,
    Endpoint,
    endpoint,
    full_port,
    unused_port,
)
from tests.mail.sink import certificate
from tests.world import ONE_DATABASE, World

WAITS, PARKED, DELIVERED = (
    SignupState.WAITING,
    SignupState.PARKED,
    SignupState.DELIVERED,
)
LOOK, SIGN_UP, LISTS = "/v3/contacts", "/contacts/sign_up_form", "/contact_lists"
GOOD = {
    LOOK: Answer(200, {"contacts": []}),
    SIGN_UP: Answer(201, {"contact_id": "c", "action": "created"}),
}
ID = "5a1c1f6e-0000-4000-8000-00000000beef"
HTML = (
    "<html><head><title>ERROR</title></head><body><h1>Request"
    " blocked</h1></body></html>"
)


class Case(NamedTuple):
    """An answer, and what becomes of it: state, reason, and the words that are kept on
    the attempt.
    """

    answer: Answer
    state: SignupState
    reason: str
    kept: str


def said(
    status: int, key: str, message: str, bare: bool = False, **headers: str
) -> Answer:
    """A refusal of the provider's own: from its services an array, from the gateway in
    front of them a bare object.
    """
    item = {"error_key": key, "error_message": message}
    return Answer(status, item if bare else [item], numbered(headers))


def raw(status: int, body: Any, **headers: str) -> Answer:
    return Answer(status, body, numbered(headers))


def numbered(headers: dict[str, str]) -> dict[str, str]:
    return {
        "x-amzn-RequestId": ID,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }


VALIDATION = "contacts.api.validation.error"
TOO_DEEP = "[" * 100_000 + "]" * 100_000
TWO = [
    {"error_key": VALIDATION, "error_message": "first_name is too long"},
    {"error_key": VALIDATION, "error_message": "Address format"},
]
AGAIN = {
    "error_key": "contacts.api.conflict",
    "error_message": "Changed by another request.",
}

CASES: dict[str, Case] = {
    # it is done
    "201 created": Case(
        raw(201, {"contact_id": "c", "action": "created"}), DELIVERED, "created", ""
    ),
    "200 updated": Case(
        raw(200, {"contact_id": "c", "action": "updated"}), DELIVERED, "updated", ""
    ),
    "200 no action": Case(raw(200, {"contact_id": "c"}), DELIVERED, "updated", ""),
    "201 as a page": Case(
        raw(201, '{"contact_id": "c", "action": "created"}'), DELIVERED, "created", ""
    ),
    "201 BOM": Case(
        raw(201, b'\xef\xbb\xbf{"contact_id": "c", "action": "created"}'),
        DELIVERED,
        "created",
        "",
    ),
    "201 latin-1": Case(
        raw(201, b'{"contact_id": "c", "action": "created", "x": "\xe9"}'),
        DELIVERED,
        "created",
        "",
    ),
    # a 2xx that says nothing of the kind
    "200 error array": Case(
        said(200, VALIDATION, "Address format"), WAITS, "nonsense", "Address format"
    ),
    "200 error object": Case(
        said(200, "x", "Address format", bare=True), WAITS, "nonsense", "Address format"
    ),
    "200 no contact_id": Case(
        raw(200, {"action": "created"}), WAITS, "nonsense", "no SignUpReply"
    ),
    "200 wrong types": Case(
        raw(200, {"contact_id": ["c"], "action": 7}),
        WAITS,
        "nonsense",
        "no SignUpReply",
    ),
    "200 array": Case(raw(200, []), WAITS, "nonsense", "no SignUpReply"),
    "200 null": Case(raw(200, b"null"), WAITS, "nonsense", "HTTP 200"),
    "200 page": Case(raw(200, HTML), WAITS, "nonsense", "HTTP 200"),
    "200 empty": Case(raw(200, b""), WAITS, "nonsense", "HTTP 200"),
    "200 cut JSON": Case(
        raw(200, b'{"contact_id": "c"'), WAITS, "nonsense", "HTTP 200"
    ),
    "200 UTF-16": Case(
        raw(200, json.dumps({"contact_id": "c"}).encode("utf-16")),
        WAITS,
        "nonsense",
        "HTTP 200",
    ),
    "200 deep": Case(raw(200, TOO_DEEP.encode()), WAITS, "nonsense", "HTTP 200"),
    "200 5 MB": Case(
        raw(200, b" " * 5_000_000), WAITS, "nonsense", "an answer of more than"
    ),
    "202 accepted": Case(raw(202, b""), WAITS, "nonsense", "HTTP 202"),
    "204 nothing": Case(raw(204, b""), WAITS, "nonsense", "HTTP 204"),
    # elsewhere
    "301": Case(
        raw(301, b"", Location="/v3/contacts/sign_up_form"),
        WAITS,
        "nonsense",
        "HTTP 301",
    ),
    "302 page": Case(
        raw(302, HTML, Location="https://example.com/"), WAITS, "nonsense", "HTTP 302"
    ),
    "307": Case(
        raw(307, b"", Location="/v3/contacts/sign_up_form"),
        WAITS,
        "nonsense",
        "HTTP 307",
    ),
    # the account, or its login
    "401": Case(
        said(401, "unauthorized", "Unauthorized", bare=True),
        WAITS,
        "unauthorized",
        "Unauthorized",
    ),
    "401 page": Case(raw(401, HTML), WAITS, "unauthorized", "HTTP 401"),
    "403": Case(
        said(403, "access_denied", "insufficient user privileges.", bare=True),
        WAITS,
        "forbidden",
        "insufficient user privileges.",
    ),
    "403 array": Case(
        said(403, "access_denied", "Application is deactivated"),
        WAITS,
        "forbidden",
        "deactivated",
    ),
    # this one row
    "400 invalid": Case(
        said(400, VALIDATION, "Email address is invalid"),
        PARKED,
        "invalid",
        "Email address is invalid",
    ),
    "400 object": Case(
        said(400, VALIDATION, "Address format", bare=True),
        PARKED,
        "invalid",
        "Address format",
    ),
    "400 two": Case(
        raw(400, TWO), PARKED, "invalid", "first_name is too long; Address format"
    ),
    "400 OAuth": Case(
        raw(400, {"error": "email is missing"}), PARKED, "invalid", "HTTP 400"
    ),
    "400 no words": Case(
        raw(400, [{"error_key": VALIDATION}]), PARKED, "invalid", "HTTP 400"
    ),
    "400 NUL": Case(said(400, VALIDATION, "a\0b"), PARKED, "invalid", "ab"),
    "400 long": Case(
        said(400, VALIDATION, "x" * 100_000), PARKED, "invalid", "x" * 500
    ),
    "400 latin-1": Case(
        raw(400, b'[{"error_key": "x", "error_message": "Zo\xeb"}]'),
        PARKED,
        "invalid",
        "Zo",
    ),
    "404 list": Case(
        said(404, "contacts.api.not_found", "List not found."),
        PARKED,
        "list_missing",
        "List not found.",
    ),
    "404 object": Case(
        said(404, "not_found", "Field not found", bare=True),
        PARKED,
        "list_missing",
        "Field",
    ),
    "402": Case(
        said(402, "x", "Payment Required"), PARKED, "unsupported", "Payment Required"
    ),
    "405": Case(
        said(405, "x", "Method Not Allowed"),
        PARKED,
        "unsupported",
        "Method Not Allowed",
    ),
    "410": Case(said(410, "x", "Gone"), PARKED, "unsupported", "Gone"),
    "413": Case(said(413, "x", "Too large"), PARKED, "unsupported", "Too large"),
    "415": Case(said(415, "x", "content-type"), PARKED, "unsupported", "content-type"),
    "418": Case(said(418, "x", "a teapot"), PARKED, "unsupported", "a teapot"),
    "422": Case(
        said(422, "x", "Unprocessable"), PARKED, "unsupported", "Unprocessable"
    ),
    "451": Case(
        said(451, "x", "for legal reasons"), PARKED, "unsupported", "for legal reasons"
    ),
    # this one row, for a moment
    "409": Case(raw(409, [AGAIN]), WAITS, "conflict", "Changed by another request."),
    "409 object": Case(
        raw(409, AGAIN), WAITS, "conflict", "Changed by another request."
    ),
    # a gateway's word, and so an outage: nobody's sign-up is at fault
    **{
        f"{status} page": Case(
            raw(status, HTML), WAITS, "provider_down", f"HTTP {status}"
        )
        for status in (400, 403, 404, 405, 409, 413, 415, 422)
    },
    "403 outside": Case(
        raw(403, {"message": "Forbidden"}), WAITS, "provider_down", "Forbidden"
    ),
    "404 empty": Case(raw(404, b""), WAITS, "provider_down", "HTTP 404"),
    "400 not JSON": Case(raw(400, b"{"), WAITS, "provider_down", "HTTP 400"),
    "408": Case(
        said(408, "x", "Request Timeout"), WAITS, "provider_down", "Request Timeout"
    ),
    # down
    "500": Case(
        said(500, "x", "Internal Server Error"),
        WAITS,
        "provider_down",
        "Internal Server Error",
    ),
    "500 object": Case(
        raw(500, {"message": "Internal server error"}),
        WAITS,
        "provider_down",
        "Internal server",
    ),
    "502 page": Case(raw(502, HTML), WAITS, "provider_down", "HTTP 502"),
    "503": Case(
        said(503, "x", "Service Unavailable"),
        WAITS,
        "provider_down",
        "Service Unavailable",
    ),
    "503 in an hour": Case(
        raw(503, b"", Retry_After="3600"), WAITS, "provider_down", "HTTP 503"
    ),
    "504 empty": Case(raw(504, b""), WAITS, "provider_down", "HTTP 504"),
    "520": Case(raw(520, HTML), WAITS, "provider_down", "HTTP 520"),
    "999": Case(raw(999, HTML), WAITS, "provider_down", "HTTP 999"),
    # too fast, too much
    "429": Case(
        said(429, "throttled", "Too Many Requests", bare=True),
        WAITS,
        "throttled",
        "Too Many Requests",
    ),
    "429 array": Case(
        said(429, "throttled", "Too Many Requests"),
        WAITS,
        "throttled",
        "Too Many Requests",
    ),
    "429 page": Case(raw(429, HTML), WAITS, "throttled", "HTTP 429"),
    "429 in an hour": Case(
        raw(429, b"", Retry_After="3600"), WAITS, "throttled", "HTTP 429"
    ),
    "429 day": Case(
        said(429, "quota_exceeded", "Limit Exceeded", bare=True),
        WAITS,
        "quota_exceeded",
        "Limit Exceeded",
    ),
    "429 day, bare": Case(
        raw(429, {"message": "Limit Exceeded"}),
        WAITS,
        "quota_exceeded",
        "Limit Exceeded",
    ),
}


class Post:
    """A form of a connected account, and a provider that says whatever it is told to;
    its token endpoint is well.
    """

    def __init__(self, world: World, form: Form, there: Endpoint) -> None:
        self.world, self.form, self.there = world, form, there
        there.at = dict(GOOD)

    def delivers(self, email: str, end: str, answer: Answer) -> tuple[Signup, Attempt]:
        """One new sign-up while the calls to paths that end so are answered so; it, and
        its first attempt.
        """
        row = self.world.signup(self.form, email)
        self.there.at = {**GOOD, end: answer}
        runner.drain()
        row = self.world.again(row)
        first = db.session.scalars(
            select(Attempt).where(Attempt.signup_id == row.id).order_by(Attempt.number)
        ).first()
        assert first
        return row, first

    def later(self, row: Signup) -> str:
        """What the sign-up is once the provider has been well for a while."""
        self.there.at = dict(GOOD)
        self.world.clock.advance(hours=25 if row.reason == "quota_exceeded" else 1.5)
        runner.drain()
        return str(self.world.again(row).state)


@pytest.fixture
def post(world: World, make_app: Callable[..., Flask]) -> Iterator[Post]:
    form = world.form(world.account())
    with endpoint() as there, make_app(api_url=f"{there.url}/v3").app_context():
        yield Post(world, form, there)


@ONE_DATABASE
def test_every_answer_has_its_verdict(post: Post) -> None:
    found, after = {}, {}
    for number, (name, case) in enumerate(CASES.items()):
        row, attempt = post.delivers(
            f"visitor{number}@example.com", SIGN_UP, case.answer
        )
        is_refusal = row.state != DELIVERED
        found[name] = Case(
            case.answer,
            SignupState(row.state),
            attempt.outcome or "",
            case.kept if case.kept in attempt.detail else attempt.detail,
        )
        assert not is_refusal or (row.reason, attempt.request_id) == (
            attempt.outcome,
            ID,
        ), name
        after[name] = post.later(row)

    assert found == CASES
    assert after == {
        name: PARKED if case.state == PARKED else DELIVERED
        for name, case in CASES.items()
    }
    assert {case.reason for case in CASES.values()} <= set(messages.REASONS)


CUT = {
    "reset": Answer(reset=True),
    "body cut": Answer(201, {"contact_id": "c"}, missing=5),
    "trickle": Answer(201, {"contact_id": "c" * 400}, drip=0.05),
    "headers trickle": Answer(
        201, {"contact_id": "c" * 400}, drip=0.05, drip_headers=True
    ),
    "no gzip": Answer(201, b"no gzip", {"Content-Encoding": "gzip"}),
}


@ONE_DATABASE
def test_an_answer_that_never_came_whole_leaves_the_effect_unknown(
    world: World, make_app: Callable[..., Flask]
) -> None:
    form, found = world.form(world.account()), {}
    with (
        endpoint() as there,
        make_app(api_url=f"{there.url}/v3", http_deadline=2).app_context(),
    ):
        post = Post(world, form, there)
        for number, (name, answer) in enumerate(CUT.items()):
            row, attempt = post.delivers(
                f"visitor{number}@example.com", SIGN_UP, answer
            )
            asked = len(there.requests)
            found[name] = (row.state, row.reason, bool(attempt.detail), post.later(row))
            looked = [
                one.method
                for one in there.requests[asked:]
                if one.path.startswith(f"{LOOK}?email=")
            ]
            assert looked[:1] == ["GET"], name  # before it was sent again

    assert found == dict.fromkeys(CUT, (WAITS, "unanswered", True, DELIVERED))


@ONE_DATABASE
def test_where_nothing_could_be_sent_it_waits(
    world: World, make_app: Callable[..., Flask], tmp_path: Any
) -> None:
    row = world.signup(world.form(world.account()))
    found = {}
    with (
        full_port() as full,
        endpoint(certificate(tmp_path / "key.pem", "127.0.0.1").context) as there,
    ):
        for name, address in {
            "name unknown": "http://nowhere.invalid",
            "refused": f"http://127.0.0.1:{unused_port()}",
            "never accepted": f"http://127.0.0.1:{full}",
            "TLS": there.url,
        }.items():
            with make_app(api_url=f"{address}/v3", http_deadline=0.8).app_context():
                runner.drain()
            found[name] = (world.again(row).state, row.reason)
            world.clock.advance(minutes=10)
        asked = there.requests
    runner.drain()

    assert found == dict.fromkeys(found, (WAITS, "unreachable"))
    assert asked == []
    assert world.again(row).state == DELIVERED


LOOKS = {
    "404": (
        said(404, "contacts.api.not_found", "Resource not found."),
        WAITS,
        "nonsense",
    ),
    "405": (said(405, "x", "Method Not Allowed"), WAITS, "nonsense"),
    "400": (said(400, VALIDATION, "Email address is invalid"), PARKED, "invalid"),
    "403 page": (raw(403, HTML), WAITS, "provider_down"),
    "429 in an hour": (raw(429, b"", Retry_After="3600"), WAITS, "throttled"),
    "503 in an hour": (raw(503, b"", Retry_After="3600"), WAITS, "provider_down"),
    "200 contacts null": (raw(200, {"contacts": None}), WAITS, "nonsense"),
    "200 contact without id": (raw(200, {"contacts": [{}]}), WAITS, "nonsense"),
    "200 contacts no list": (
        raw(200, {"contacts": {"contact_id": "c"}}),
        WAITS,
        "nonsense",
    ),
}


@ONE_DATABASE
def test_a_look_that_is_answered_like_this_sends_nothing(post: Post) -> None:
    found = {}
    for number, (name, (answer, _state, _reason)) in enumerate(LOOKS.items()):
        row, attempt = post.delivers(f"visitor{number}@example.com", LOOK, answer)
        found[name] = (answer, row.state, row.reason)
        assert attempt.request_id == ID, name
        assert not [one for one in post.there.requests if one.method == "POST"], name
        post.later(row)
        post.there.requests.clear()

    assert found == LOOKS
