"""Rows of accepting: killed, pressed twice, locked, full, without a database or a
provider, and far too much.
"""

import json
import threading
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts import facts
from app.database.session import db
from app.signups.models import Signup, SignupState
from app.worker import runner
from tests.constant_contact.endpoint import unused_port
from tests.others import dies_while_storing, others, presses_on_a_full_disk
from tests.postgres import Postgres
from tests.signups.reading import form_token, value_of
from tests.states.acting import SIGN_UP, at_once
from tests.world import ONE_DATABASE, PATIENCE, World, locked, until

POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
ZOE = {"email_address": "zoe@example.com", "first_name": "Zoë", "consent": "y"}


def rows() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Signup)) or 0


def shown(world: World, form: Any) -> dict[str, str]:
    """The form as a visitor sees it, filled in."""
    return {
        **ZOE,
        "form_token": form_token(world.app.test_client().get(f"/f/{form.id}").text),
    }


@pytest.mark.parametrize(("moment", "kept"), [("before", 0), ("after", 1)])
def test_row_38_killed_at_the_commit_nothing_is_half_and_the_same_press_again_makes_it_one(
    world: World, tmp_path: Path, moment: str, kept: int
) -> None:
    form = world.form(world.account())
    typed, path = shown(world, form), f"/f/{form.id}"
    about = json.dumps({"moment": moment, "path": path, "typed": typed})
    with others(1, dies_while_storing, about, world, tmp_path) as (web,):
        web.go()
        died = web.killed()
    left = (rows(), world.tally(form))
    again = world.app.test_client().post(path, data=typed).status_code

    assert died
    assert left == (kept, kept)
    assert (again, rows(), world.tally(form)) == (303, 1, 1)


def test_row_39_one_press_sent_many_times_is_one_sign_up(world: World) -> None:
    form = world.form(world.account())
    typed, path = shown(world, form), f"/f/{form.id}"

    def press() -> int:
        return world.app.test_client().post(path, data=typed).status_code

    together, later = at_once(world, *[press] * 6), press()
    runner.drain()
    long_after = press()
    runner.drain()

    assert [*together, later, long_after] == [303] * 8
    assert rows() == world.tally(form) == 1
    assert len(world.calls(SIGN_UP)) == 1


def test_row_40_one_person_on_two_forms_is_sent_one_after_the_other_and_joins_both_lists(
    world: World,
) -> None:
    account = world.account()
    lists = [
        {"list_id": item.list_id, "label": item.name}
        for item in facts.lists_of(account.id)[:2]
    ]
    forms = [world.form(account, lists=[one]) for one in lists]
    for form in forms:
        world.press(world.app.test_client(), form, email_address="Zoe@example.com")
    # meanwhile a second change of hers would be a 409
    world.fault(SIGN_UP, latency_ms=120, when="after", times=2)
    at_once(world, *[runner.drain] * 2)
    runner.drain()

    assert [call["status"] for call in world.calls(SIGN_UP)] == [201, 200]
    assert rows() == 2
    assert sorted(
        world.contacts(account)["zoe@example.com"]["list_memberships"]
    ) == sorted(one["list_id"] for one in lists)
    assert set(db.session.scalars(select(Signup.state))) == {SignupState.DELIVERED}


def test_row_41_while_the_database_is_locked_nobody_is_thanked_and_nothing_typed_is_lost(
    world: World,
) -> None:
    form = world.form(world.account())
    typed, path, visitor = shown(world, form), f"/f/{form.id}", world.app.test_client()
    with locked("tally"):
        refused = visitor.post(path, data=typed)
    left = (rows(), world.tally(form))
    again = visitor.post(path, data={**ZOE, "form_token": form_token(refused.text)})

    assert refused.status_code == 503
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "you aren’t signed up yet" in refused.text
    assert [
        value_of(refused.text, name) for name in ("email_address", "first_name")
    ] == ["zoe@example.com", "Zoë"]
    assert left == (0, 0)
    assert (again.status_code, rows(), world.tally(form)) == (303, 1, 1)


@ONE_DATABASE
def test_row_42_on_a_full_disk_nobody_is_thanked_nothing_is_sent_and_with_room_it_goes_on(
    world: World, tmp_path: Path
) -> None:
    form = world.form(world.account())
    typed, path, before = (
        shown(world, form),
        f"/f/{form.id}",
        world.signup(form, "max@example.com"),
    )
    calls = len(world.calls(""))
    with others(
        1,
        presses_on_a_full_disk,
        json.dumps({"path": path, "typed": typed}),
        world,
        tmp_path,
    ) as (web,):
        web.go()
        status, wait, page, attempts = json.loads(web.hear())
    left = (rows(), world.tally(form), len(world.calls("")) - calls)
    again = world.app.test_client().post(path, data=typed).status_code
    runner.drain()

    assert (status, attempts) == (503, 0)
    assert 1 <= int(wait) <= 60
    assert [value_of(page, name) for name in ("email_address", "first_name")] == [
        "zoe@example.com",
        "Zoë",
    ]
    assert left == (1, 1, 0)
    assert (again, rows(), world.tally(form)) == (303, 2, 2)
    assert world.again(before).state == SignupState.DELIVERED
    assert (
        db.session.scalar(
            select(func.count()).where(Signup.state == SignupState.DELIVERED)
        )
        == 2
    )


@POSTGRESQL
def test_row_43_a_database_server_that_crashes_loses_no_thanks_and_is_found_again_by_itself(
    world: World, postgres: Postgres
) -> None:
    form = world.form(world.account())
    visitors = [
        shown(world, form) | {"email_address": f"zoe{number}@example.com"}
        for number in range(150)
    ]
    path, thanked, other = f"/f/{form.id}", list[str](), list[int]()
    crashed, over = threading.Event(), threading.Event()

    def press_on() -> None:
        while visitors and not over.is_set():
            typed = visitors.pop()
            status = world.app.test_client().post(path, data=typed).status_code
            if status == 303:
                thanked.append(typed["email_address"])
            else:
                other.append(status)
                visitors.insert(0, typed)  # pressed again
                crashed.set()
                time.sleep(0.1)

    def crash() -> None:
        until(lambda: len(thanked) > 30)
        postgres.crash()
        assert crashed.wait(PATIENCE)
        postgres.restart()

    db.session.remove()
    db.engine.dispose()
    postgres.make_durable(str(db.engine.url.database))
    try:
        at_once(world, crash, *[press_on] * 3)
    finally:
        over.set()
        postgres.make_durable(str(db.engine.url.database), False)
    stored = set(db.session.scalars(select(Signup.email)))

    assert set(other) == {503}
    assert len(thanked) == 150
    assert stored == set(thanked)
    assert rows() == world.tally(form) == 150


@ONE_DATABASE
def test_row_44_with_the_provider_gone_or_silent_a_visitor_is_thanked_as_fast_as_ever(
    world: World, make_app: Callable[..., Flask]
) -> None:
    form = world.form(world.account())
    world.fault("/v3", latency_ms=4_000)
    calls, codes = len(world.calls("")), []
    for app in (world.app, make_app(api_url=f"http://127.0.0.1:{unused_port()}/v3")):
        codes += [
            world.press(
                app.test_client(),
                form,
                email_address=f"zoe{app.import_name}{number}@example.com",
            ).status_code
            for number in range(3)
        ]

    assert codes == [303] * 6
    assert len(world.calls("")) == calls  # nobody waited for any


class Counted(BytesIO):
    """A body that tells how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


@ONE_DATABASE
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_row_45_ten_megabytes_are_refused_before_they_are_read(
    world: World, visitor: FlaskClient, kind: str
) -> None:
    form = world.form(world.account())
    announced, streamed = (
        Counted(b"first_name=" + b"x" * 10_000_000),
        Counted(b"first_name=" + b"x" * 10_000_000),
    )
    codes = [
        visitor.post(
            f"/f/{form.id}",
            input_stream=announced,
            content_type=kind,
            content_length=10_000_011,
        ).status_code,
        visitor.post(
            f"/f/{form.id}",
            input_stream=streamed,
            content_type=kind,
            content_length=None,
            environ_overrides={"wsgi.input_terminated": True},
        ).status_code,
    ]

    assert codes == [413, 413]
    assert announced.taken == 0
    assert streamed.taken < 200_000
    assert rows() == 0


NUL = "a\0b"


def test_row_47_a_nul_anywhere_is_refused_or_left_out_before_the_database(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    typed = shown(world, form)
    codes = {
        name: visitor.post(f"/f/{form.id}", data=typed | {name: NUL}).status_code
        for name in (
            "email_address",
            "first_name",
            "form_token",
            "lists",
            "website",
            "consent",
            "nobody\0knows",
        )
    }
    kept = [
        (row.email, row.body.get("first_name", ""))
        for row in db.session.scalars(select(Signup))
    ]
    paths = [
        visitor.get(f"/f/{form.id}%00").status_code,
        visitor.post(f"/f/{form.id}%00", data=typed).status_code,
    ]

    assert (codes["email_address"], codes["form_token"]) == (422, 409)
    assert set(codes.values()) <= {303, 409, 422}
    assert rows() == world.tally(form)
    assert not [text for texts in kept for text in texts if "\0" in text]
    assert ("zoe@example.com", "ab") in kept
    assert set(paths) <= {400, 404}


def test_row_48_half_a_character_never_reaches_the_database(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    typed, half = shown(world, form), b"%ED%A0%80"
    body = "&".join(
        f"{name}={value}" for name, value in typed.items() if name != "first_name"
    ).encode()
    sent = {
        "a name": body + b"&first_name=Ada" + half,
        "an address": body.replace(b"zoe@", b"zoe" + half + b"@"),
        "a field": body + b"&" + half + b"=x",
        "raw": body + b"&first_name=\xed\xa0\x80",
    }
    codes = {
        name: (
            visitor.post(
                f"/f/{form.id}",
                data=data,
                content_type="application/x-www-form-urlencoded",
            ).status_code
        )
        for name, data in sent.items()
    }
    by_json = visitor.post(
        f"/f/{form.id}",
        data=r'{"email_address": "\ud800@example.com"}',
        content_type="application/json",
    ).status_code
    kept = "".join(
        str([row.email, row.body]) for row in db.session.scalars(select(Signup))
    )

    assert by_json == 415
    assert set(codes.values()) <= {303, 422}
    assert rows() == world.tally(form) > 0
    assert kept.encode()  # which half a character would not allow
    assert "\\ud8" not in kept
