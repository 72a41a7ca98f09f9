"""What the visitor's door does when there is too much: of presses, of bytes, of waiting
for the database.
"""

import re
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.database.session import db
from app.signups.models import Signup
from tests.signups.reading import form_token, ticked, value_of
from tests.world import ONE_DATABASE, World

TYPED = {"email_address": "zoe@example.com", "first_name": "Zoë", "consent": "y"}


def stored() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Signup)) or 0


# -- presses


@ONE_DATABASE
def test_over_the_limit_the_page_keeps_what_was_typed_and_says_when(
    world: World, make_app: Callable[..., Flask]
) -> None:
    form = world.form(world.account())
    visitor = make_app(signup_limits="2 per minute").test_client()

    answers = [world.press(visitor, form, **TYPED) for _ in range(3)]

    last = answers[-1]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert 1 <= int(last.headers["Retry-After"]) <= 61
    assert len(last.headers.getlist("Retry-After")) == 1
    assert "Select the button again in" in last.text
    assert re.search(r"again in (\d+ seconds|1 minute)\.", last.text)
    assert (
        value_of(last.text, "email_address"),
        value_of(last.text, "first_name"),
    ) == ("zoe@example.com", "Zoë")
    assert ticked(last.text, "y")
    assert stored() == 2


@ONE_DATABASE
def test_over_the_limit_a_frame_stays_a_frame(
    world: World, make_app: Callable[..., Flask]
) -> None:
    form = world.form(world.account())
    visitor = make_app(signup_limits="1 per minute").test_client()

    answers = [world.press(visitor, form, embed=True, **TYPED) for _ in range(2)]

    assert answers[-1].status_code == 429
    assert "frame-ancestors *" in answers[-1].headers["Content-Security-Policy"]


@ONE_DATABASE
def test_looking_at_a_form_is_not_counted(
    world: World, make_app: Callable[..., Flask]
) -> None:
    form = world.form(world.account())
    visitor = make_app(signup_limits="1 per minute").test_client()

    looks = [visitor.get(f"/f/{form.id}").status_code for _ in range(5)]
    press = world.press(visitor, form, **TYPED).status_code

    assert set(looks) == {200}
    assert press == 303


@ONE_DATABASE
def test_a_shared_store_that_is_silent_or_gone_leaves_each_process_its_own_limits(
    world: World, make_app: Callable[..., Flask]
) -> None:
    form = world.form(world.account())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        visitor = make_app(
            signup_limits="2 per minute", redis_url=f"redis://127.0.0.1:{port}/0"
        ).test_client()

        codes = [world.press(visitor, form, **TYPED).status_code for _ in range(2)]
    codes.append(world.press(visitor, form, **TYPED).status_code)

    assert codes == [303, 303, 429]
    assert stored() == 2


# -- bytes


@ONE_DATABASE
def test_a_thousand_fields_are_taken_or_refused_but_never_an_accident(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    token = form_token(visitor.get(f"/f/{form.id}").text)

    answer = visitor.post(
        f"/f/{form.id}",
        data={**TYPED, "form_token": token, **{f"f{n}": "x" for n in range(2000)}},
    )

    assert answer.status_code in (303, 413)


# -- the database


# -- at once


def test_eight_people_at_once_are_eight_sign_ups_and_eight_in_the_tally(
    world: World, app: Flask
) -> None:
    form = world.form(world.account())
    id = form.id
    pages = [app.test_client().get(f"/f/{id}").text for _ in range(8)]

    codes = at_once(
        8,
        lambda number: app.test_client().post(
            f"/f/{id}",
            data={
                **TYPED,
                "form_token": form_token(pages[number]),
                "email_address": f"zoe{number}@example.com",
            },
        ),
    )

    assert codes == [303] * 8
    assert stored() == world.tally(form) == 8


def at_once(count: int, press: Callable[[int], object]) -> list[int]:
    """Press `count` times in threads that start together; the status codes."""
    barrier = threading.Barrier(count)

    def one(number: int) -> int:
        barrier.wait()
        return press(number).status_code  # type: ignore[attr-defined]

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
