"""The check itself notices what it should."""

import json

import pytest
import requests

from . import openapi_check
from .acting import Actor


def answer(path: str, status: int, body: object, method: str = "GET") -> requests.Response:
    response = requests.Response()
    response.request = requests.Request(method, "http://simulator" + path).prepare()
    response.status_code = status
    response.headers["Content-Type"] = "application/json"
    response._content = json.dumps(body).encode()
    return response


GOOD = {"contact_id": "00000000-0000-4000-8000-000000000000", "action": "created"}


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
    ],
)
def test_a_wrong_answer_is_noticed(status: int, body: object) -> None:
    with pytest.raises(AssertionError):
        openapi_check.check(answer("/v3/contacts/sign_up_form", status, body, "POST"))


def test_a_time_of_another_format_is_noticed() -> None:
    good = {"contacts": [{"created_at": "2026-04-28T21:46:22Z"}]}
    openapi_check.check(answer("/v3/contacts", 200, good))
    with pytest.raises(AssertionError):
        openapi_check.check(answer("/v3/contacts", 200, json.loads(json.dumps(good).replace("Z", ".5Z"))))


def test_literal_paths_win_over_paths_with_an_id(actor: Actor) -> None:
    operation = openapi_check._operation("get", "/v3/contacts/counts")

    assert operation
    assert operation["operationId"] == "countContact"


def test_answers_are_really_checked(actor: Actor) -> None:
    openapi_check.seen.clear()
    actor.connect()
    actor.granted().sign_up()
    actor.get("/contacts")

    assert openapi_check.seen == {("token", 200), ("createOrUpdateContact", 201), ("getContacts", 200)}
