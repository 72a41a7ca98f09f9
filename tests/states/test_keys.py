"""Rows of the key: another one than the database was sealed with, and sealed values
that change places.
"""

from collections.abc import Callable

from flask import Flask
from pydantic import SecretStr

from app.accounts import key_check
from app.core.crypto import new_key
from app.signups.models import SignupState
from tests.dashboard.reading import text_of
from tests.mail.acting import told
from tests.states.acting import Scene
from tests.world import World


def test_row_29_with_a_wrong_key_visitors_are_served_and_nothing_sealed_is_touched(
    scene: Scene, make_app: Callable[..., Flask]
) -> None:
    scene.ended()
    sealed = (scene.held().access_token, scene.held().refresh_token)
    locked = make_app(key=(SecretStr(new_key()),))
    with locked.app_context():
        there = World(locked, scene.world.simulator)
        thanked = there.press(
            locked.test_client(), scene.form, email_address="zoe@example.com"
        ).status_code
        overview, ready = (locked.test_client().get(path) for path in ("/", "/readyz"))
        unforced = key_check.kept()
    untouched, calls = (
        (
            scene.held().access_token,
            scene.held().refresh_token,
        )
        == sealed,
        scene.token_calls(),
    )
    scene.work()

    assert thanked == 303
    assert (overview.status_code, ready.status_code, unforced) == (503, 503, (2, 0))
    assert "Put the old key back" in text_of(overview.text)
    assert (untouched, calls) == (True, [])
    # with the old key it went by itself
    assert "zoe@example.com" in scene.world.contacts(scene.account)
    assert scene.is_well()


def test_row_30_tokens_swapped_between_two_accounts_reach_neither_account(
    scene: Scene,
) -> None:
    other = Scene(scene.world, 1)
    rows = [scene.somebody_signs_up(), other.somebody_signs_up()]
    mine, theirs = (
        {name: getattr(one.held(), name) for name in ("access_token", "refresh_token")}
        for one in (scene, other)
    )
    scene.world.token_set(scene.account, **theirs)
    scene.world.token_set(other.account, **mine)
    before = len(scene.world.calls(""))
    scene.work()
    scene.work(seconds=10)
    calls, page, said = len(scene.world.calls("")) - before, scene.page(), told()
    waiting = {scene.state_of(row) for row in rows}
    scene.world.token_set(scene.account, **mine)
    scene.world.token_set(other.account, **theirs)
    scene.work(minutes=6)

    assert calls == 0
    assert waiting == {SignupState.WAITING}
    assert "The stored tokens can’t be decrypted with this LATCHKEY_KEY." in page
    assert said == {"installation": "cannot_open"}
    assert {scene.state_of(row) for row in rows} == {SignupState.DELIVERED}
