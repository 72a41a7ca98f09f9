"""The end of a connection by somebody's own will: tokens go, the queue stays, and
nothing comes back by itself.
"""

import threading

import pytest
from sqlalchemy import select

from app.accounts import health, tokens
from app.accounts.disconnect import disconnect
from app.accounts.models import AccountEvent, TokenSet
from app.accounts.tokens import NeedsOwner
from app.database.session import db
from app.delivery import admin_actions, claims
from app.delivery.deliver import deliver
from app.signups.models import Signup, SignupState
from app.worker import runner
from tests.accounts.owner import Owner, one_database
from tests.dashboard.reading import text_of
from tests.world import World, csrf_of

TOKEN = "/oauth2/default/v1/token"


def test_tokens_go_and_everything_else_stays(world: World) -> None:
    account = world.account()
    form = world.form(account)
    waiting = world.signup(form)

    assert disconnect(account.id, "admin@example.com")
    db.session.expire_all()
    runner.drain()

    assert db.session.scalars(select(TokenSet)).all() == []
    assert health.of(world.again(account), world.clock.now()).state == "disconnected"
    assert (world.again(waiting).state, world.again(waiting).attempts) == (
        SignupState.WAITING,
        0,
    )
    assert (
        world.press(
            world.app.test_client(), form, email_address="new@example.com"
        ).status_code
        == 303
    )


def test_it_is_done_once(world: World) -> None:
    account = world.account()

    assert disconnect(account.id, "admin@example.com")
    assert not disconnect(account.id, "admin@example.com")
    assert db.session.scalars(select(AccountEvent.what)).all() == ["disconnected"]


def test_a_renewal_under_way_brings_nothing_back(world: World) -> None:
    account = world.account()
    world.expired(account)
    told: list[BaseException] = []

    def renew() -> None:
        with world.app.app_context():
            try:
                tokens.fresh_token(account.id)
            except NeedsOwner as error:
                told.append(error)

    under_way = threading.Thread(target=renew)
    with world.holding(TOKEN) as call:
        under_way.start()
        call.until_arrived()
        disconnect(account.id, "admin@example.com")
    under_way.join()
    db.session.expire_all()

    assert [str(error) for error in told] == ["disconnected"]
    assert db.session.scalars(select(TokenSet)).all() == []
    assert world.again(account).disconnected_at


def test_connecting_again_lets_those_go_who_waited(world: World) -> None:
    account = world.account()
    waiting = world.signup(world.form(account))
    disconnect(account.id, "admin@example.com")

    owner = Owner(world)
    owner.connect(owner.link())
    runner.drain()

    assert world.again(waiting).state == SignupState.DELIVERED


def test_an_admin_decides_not_to_send_those_who_wait(world: World) -> None:
    account = world.account()
    form = world.form(account)
    waiting, held = (
        world.signup(form),
        world.signup(form, "robot@example.com", looks_automatic=True),
    )
    disconnect(account.id, "admin@example.com")
    admin = world.signed_in()
    page = admin.get(f"/accounts/{account.id}").text
    assert "1 person is waiting" in text_of(page)

    admin.post(
        f"/accounts/{account.id}/close-waiting", data={"csrf_token": csrf_of(page)}
    )

    assert (world.again(waiting).state, world.again(waiting).reason) == (
        SignupState.CLOSED,
        "not_sent",
    )
    assert world.again(held).state == SignupState.HELD


def test_what_waits_for_a_connected_account_is_not_closed_like_that(
    world: World,
) -> None:
    account = world.account()
    waiting = world.signup(world.form(account))

    assert admin_actions.close_waiting(account.id) == 0
    assert world.again(waiting).state == SignupState.WAITING


@one_database
def test_the_page_says_what_goes_before_and_what_remains_afterwards(
    world: World,
) -> None:
    account = world.account()
    admin = world.signed_in()
    page = admin.get(f"/accounts/{account.id}").text
    assert "Latchkey will delete the account’s tokens. Its forms stay open" in text_of(
        page
    )

    done = text_of(
        admin.post(
            f"/accounts/{account.id}/disconnect",
            data={"csrf_token": csrf_of(page)},
            follow_redirects=True,
        ).text
    )

    assert "Disconnected. Latchkey deleted the account’s tokens." in done
    assert "Constant Contact may still list the connection" in done
    assert "All 0 accounts" not in text_of(admin.get("/").text)


@one_database
@pytest.mark.parametrize(
    "path",
    [
        "disconnect",
        "reconnect",
        "link",
        "status-page",
        "notices",
        "close-waiting",
        "move",
    ],
)
def test_only_admins_may(world: World, path: str) -> None:
    account = world.account()
    viewer = world.signed_in("viewer")
    page = viewer.get(f"/accounts/{account.id}").text

    assert (
        viewer.post(
            f"/accounts/{account.id}/{path}", data={"csrf_token": csrf_of(page)}
        ).status_code
        == 403
    )
    assert "Disconnect" not in text_of(page)


def test_a_sign_up_under_way_when_it_is_disconnected_is_settled_as_it_went(
    world: World,
) -> None:
    account = world.account()
    world.signup(world.form(account))
    job = claims.claim(world.clock.now())
    assert job
    disconnect(account.id, "admin@example.com")

    claims.settle(job, deliver(job))
    row = db.session.scalars(select(Signup)).one()

    assert row.state == SignupState.WAITING
    assert health.of(world.again(account), world.clock.now()).state == "disconnected"


def test_what_is_at_the_provider_at_this_moment_is_not_closed_as_not_sent(
    world: World,
) -> None:
    account = world.account()
    form = world.form(account)
    row, other = world.signup(form), world.signup(form, "other@example.com")
    job = claims.claim(world.clock.now())
    assert job
    disconnect(account.id, "admin@example.com")

    assert admin_actions.close_waiting(account.id) == 1
    assert {world.again(one).state for one in (row, other)} == {
        SignupState.WAITING,
        SignupState.CLOSED,
    }
