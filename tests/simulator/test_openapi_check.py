"""The check itself notices what it should."""

import json

import pytest

from . import openapi_check
from .acting import Actor
from .openapi_check import Answer, problem, watch

GOOD = {"contact_id": "00000000-0000-4000-8000-000000000000", "action": "created"}
FORM = "/v3/contacts/sign_up_form"


def answer(
    path: str,
    status: int,
    body: object,
    method: str = "GET",
    content_type: str = "application/json",
) -> Answer:
    return Answer(method, path, status, content_type, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (201, GOOD | {"action": "made"}),
        (201, GOOD | {"contact_id": "7"}),
        (201, GOOD | {"surprise": 1}),
        (201, {"action": "created"}),
        (400, {"error_key": "an object", "error_message": "where an array belongs"}),
        (401, [{"error_key": "an array", "error_message": "where an object belongs"}]),
        (418, GOOD),
        (502, GOOD),
    ],
)
def test_a_wrong_answer_is_noticed(status: int, body: object) -> None:
    assert problem(answer(FORM, 201, GOOD, "POST")) is None
    assert problem(answer(FORM, status, body, "POST"))


def test_a_page_where_json_belongs_is_noticed() -> None:
    assert problem(answer(FORM, 500, "<html>", "POST", "text/html; charset=utf-8"))


def test_a_time_of_another_format_is_noticed() -> None:
    good = {"contacts": [{"created_at": "2026-04-28T21:46:22Z"}]}

    assert problem(answer("/v3/contacts", 200, good)) is None
    assert problem(
        answer("/v3/contacts", 200, json.loads(json.dumps(good).replace("Z", ".5Z")))
    )


def test_literal_paths_win_over_paths_with_an_id() -> None:
    operation = openapi_check._operation("get", "/v3/contacts/counts")

    assert operation
    assert operation[0] == "countContact"


def test_the_test_that_got_a_wrong_answer_is_told(actor: Actor) -> None:
    actor.granted().get("/contacts")
    watch(actor.running).answers.append(
        answer("/v3/contacts", 200, {"contacts": [{"contact_id": "7"}]})
    )
    with pytest.raises(
        AssertionError, match=r"GET /v3/contacts: getContacts 200 .*'7' is not a 'uuid'"
    ):
        watch(actor.running).complain()


def test_faults_on_order_are_not_looked_at(actor: Actor) -> None:
    actor.control("faults", {"route": "*", "status": 418, "times": 1})

    assert actor.get("/contacts").status_code == 418
    watch(actor.running).complain()


def test_answers_are_really_checked(actor: Actor) -> None:
    openapi_check.seen.clear()
    openapi_check.good.clear()
    actor.connect()
    actor.granted().sign_up()
    actor.get("/contacts")
    watch(actor.running).complain()

    assert {
        ("token", 200),
        ("createOrUpdateContact", 201),
        ("getContacts", 200),
    } <= openapi_check.seen
