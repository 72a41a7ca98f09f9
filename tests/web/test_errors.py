"""Whatever goes wrong, the page is ours, carries the request's number, and is kept by
nobody.
"""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.database.session import write_transaction
from app.forms.models import Form
from tests.world import ONE_DATABASE, World, csrf_of, locked


def is_ours(answer: Any) -> bool:
    return (
        "app.css" in answer.text
        and answer.headers["X-Request-Id"] in answer.text
        and answer.headers["Cache-Control"] == "no-store"
        and "Traceback" not in answer.text
        and "default-src 'none'" in answer.headers["Content-Security-Policy"]
    )


@ONE_DATABASE
def test_400_403_404_405_and_413(world: World, visitor: FlaskClient) -> None:
    admin, viewer = world.signed_in(), world.signed_in("viewer")
    token = csrf_of(viewer.get("/").text)

    answers = {
        400: admin.post("/signups/refuse"),
        403: viewer.post("/signups/refuse", data={"csrf_token": token}),
        404: visitor.get("/nowhere"),
        405: visitor.put("/accounts"),
        413: admin.post(
            "/signups/refuse", data={"csrf_token": token, "id": "x" * 100_000}
        ),
    }

    assert {status: answer.status_code for status, answer in answers.items()} == {
        code: code for code in answers
    }
    assert [status for status, answer in answers.items() if not is_ours(answer)] == []


@ONE_DATABASE
def test_429(world: World, make_app: Callable[..., Flask]) -> None:
    browser = make_app(connect_limits="1 per minute").test_client()

    answers = [browser.get("/connect/callback") for _ in range(2)]

    assert answers[-1].status_code == 429
    assert is_ours(answers[-1])
    assert "You can try again from" in answers[-1].text


@ONE_DATABASE
def test_500(world: World, visitor: FlaskClient) -> None:
    form = world.form(world.account())
    with write_transaction() as session:
        # as no version of ours ever wrote it
        session.get_one(Form, form.id).fields = [{"key": "shoe_size"}]

    answer = visitor.get(f"/f/{form.id}")

    assert answer.status_code == 500
    assert is_ours(answer)
    assert "shoe_size" not in answer.text


@ONE_DATABASE
def test_503_keeps_what_was_typed_and_says_that_nothing_was_stored(
    world: World,
) -> None:
    admin = world.signed_in()
    token = csrf_of(admin.get("/accounts").text)

    with locked("connect_link"):
        answer = admin.post(
            "/accounts/links",
            data={"csrf_token": token, "label": "Bakery & Co", "days": "7"},
        )

    assert answer.status_code == 503
    assert is_ours(answer)
    assert "Bakery &amp; Co" in answer.text
    assert token not in answer.text
    assert answer.headers["Retry-After"]


@ONE_DATABASE
def test_every_page_is_kept_by_nobody(world: World, visitor: FlaskClient) -> None:
    admin, account = world.signed_in(), world.account()
    form = world.form(account)
    row = world.signup(form)
    pages = [
        "/",
        "/accounts",
        f"/accounts/{account.id}",
        "/forms",
        "/forms/new",
        f"/forms/{form.id}",
        f"/forms/{form.id}/share",
        "/signups",
        f"/signups/{row.id}",
        "/healthz",
        "/readyz",
    ]

    answers = [admin.get(path) for path in pages]
    answers += [visitor.get(path) for path in ("/sign-in", f"/f/{form.id}/thanks", "/")]

    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert {answer.headers["X-Content-Type-Options"] for answer in answers} == {
        "nosniff"
    }


@ONE_DATABASE
@pytest.mark.parametrize(
    "path", ["/accounts/%00", "/signups/%00", "/forms/%00", "/connect/%00"]
)
def test_a_null_byte_in_an_address_is_not_found(world: World, path: str) -> None:
    assert world.signed_in().get(path).status_code in (400, 404)
