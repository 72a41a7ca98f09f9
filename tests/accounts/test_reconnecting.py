"""An account that needs its owner again is mended in place: never another one in its stead,
and whoever comes late changes nothing.
"""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from app.accounts import health, status_links, sync, tokens
from app.accounts.disconnect import disconnect
from app.accounts.models import Account, ConnectLink, OwnerPage
from app.database.session import db
from app.delivery import claims
from app.delivery.deliver import deliver
from app.signups.models import SignupState
from app.worker import runner
from tests.accounts.links import life, link_for, link_state, refused
from tests.accounts.owner import BAKER, YOGI, Owner, consent, one_database
from tests.dashboard.reading import heading_of, text_of
from tests.world import PUBLIC_URL, World, csrf_of, until


def test_a_link_for_an_account_says_which_and_mends_it_in_place(
    owner: Owner, world: World
) -> None:
    account = world.account()
    form, waiting = world.form(account), world.signup(world.form(account))
    refused(world, account)

    link = link_for(account)
    assert account.name in text_of(owner.open(link).text)
    done = owner.connect(link)

    assert "is connected" in heading_of(done.text)
    assert tokens.fresh_token(account.id)
    assert world.again(form).account_id == account.id
    assert world.again(waiting).state == SignupState.WAITING
    assert life(account)[-2:] == ["grant_refused", "reconnected"]
    assert link_state(world) == "used"


def test_another_account_is_refused_and_said_which(owner: Owner, world: World) -> None:
    account = world.account()
    before = world.token_set(account).access_token

    page = owner.connect(link_for(account), login=YOGI)

    assert heading_of(page.text) == "This is a different account"
    assert account.name in text_of(page.text)
    assert YOGI in text_of(page.text)
    assert world.again(world.token_set(account)).access_token == before
    assert db.session.scalars(select(Account)).all() == [world.again(account)]
    assert link_state(world) == "open"
    assert "move the forms" not in text_of(page.text)


def test_the_right_account_may_follow_with_the_same_link(
    owner: Owner, world: World
) -> None:
    account = world.account()
    page = owner.connect(link_for(account), login=YOGI)
    again = owner.press("", page.text).headers["Location"]

    done = owner.come_back(consent(owner.theirs, again, BAKER))

    assert "is connected" in heading_of(done.text)
    assert life(account) == ["reconnected"]


def test_a_connected_account_signed_in_to_by_mistake_keeps_working(
    owner: Owner, world: World
) -> None:
    """The provider ends an account's earlier grant by a new consent: only the new pair
    would live.
    """
    bakery, studio = world.account(0), world.account(1)

    page = owner.connect(link_for(bakery), login=YOGI)
    world.expired(studio)

    assert heading_of(page.text) == "This is a different account"
    assert tokens.fresh_token(studio.id)
    assert "reconnected" in life(studio)


@one_database
def test_a_disconnected_account_signed_in_to_by_mistake_stays_disconnected(
    owner: Owner, world: World
) -> None:
    bakery, studio = world.account(0), world.account(1)
    disconnect(studio.id, "admin@example.com")

    owner.connect(link_for(bakery), login=YOGI)

    assert world.again(studio).disconnected_at
    assert world.again(studio).token_set is None


@one_database
def test_an_admin_connects_again_from_the_accounts_page(world: World) -> None:
    account = world.account()
    refused(world, account)
    admin = Owner(world, world.signed_in())
    page = admin.open(f"/accounts/{account.id}").text

    leave = admin.press("", page, f"/accounts/{account.id}/reconnect").headers[
        "Location"
    ]
    done = admin.come_back(consent(admin.theirs, leave, BAKER))

    assert "Back to the account" in text_of(done.text)
    assert tokens.fresh_token(account.id)


@one_database
def test_an_admin_with_another_account_is_shown_the_deliberate_way(
    world: World,
) -> None:
    account = world.account()
    admin = Owner(world, world.signed_in())
    page = admin.open(f"/accounts/{account.id}").text

    leave = admin.press("", page, f"/accounts/{account.id}/reconnect").headers[
        "Location"
    ]
    told = admin.come_back(consent(admin.theirs, leave, YOGI))

    assert f"/accounts/{account.id}/move" in told.text
    assert admin.open(f"/accounts/{account.id}/move").status_code == 200


@one_database
def test_a_reconnect_link_is_made_on_the_accounts_page_and_shown_once(
    world: World,
) -> None:
    account = world.account()
    world.signup(world.form(account))
    refused(world, account)
    admin = world.signed_in()
    page = admin.get(f"/accounts/{account.id}").text
    shown = admin.post(
        f"/accounts/{account.id}/link", data={"csrf_token": csrf_of(page)}
    ).text
    found = re.search(r'value="(http[^"]+/connect/[^"]+)"', shown)

    assert found
    message = re.search(r"<textarea[^>]*>(Hello,.*?)</textarea>", shown, re.S)
    assert message
    assert found[1] in message[1]
    assert "Constant Contact ended the connection" in message[1]
    assert "1 person signed up and is waiting" in message[1]
    assert "Copy link" in shown
    assert "Copy message" in shown
    assert found[1] not in admin.get(f"/accounts/{account.id}").text
    assert db.session.scalars(select(ConnectLink)).one().account_id == account.id


@one_database
def test_a_role_that_became_too_small_is_found_and_forgotten_when_connected_again(
    owner: Owner, world: World
) -> None:
    account = world.account()
    world.fault(
        "/v3/account/user/privileges",
        status=200,
        body=[{"privilege_id": 1, "privilege_name": "contacts:lists:read"}],
    )
    sync.look(account.id, patience=1)
    ill = health.of(world.again(account), world.clock.now())
    world.mend()
    owner.connect(link_for(account))

    assert (ill.state, ill.reason) == ("needs_owner", "privileges_missing")
    assert health.of(world.again(account), world.clock.now()).state == "healthy"


# -- who comes late


def test_a_verdict_on_the_connection_before_does_not_stop_the_new_one(
    owner: Owner, world: World
) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    world.control("revoke", account=account.provider_id)
    world.expired(account)
    job = claims.claim(world.clock.now())
    assert job
    verdict = deliver(job)

    owner.connect(link_for(account))
    claims.settle(job, verdict)
    state = health.of(world.again(account), world.clock.now()).state
    runner.drain()

    assert verdict.reason == "grant_refused"
    assert state == "healthy"
    assert world.again(row).state == SignupState.DELIVERED


def test_a_look_at_the_login_before_says_nothing_about_the_new_one(
    owner: Owner, world: World
) -> None:
    account = world.account()
    world.fault(
        "/v3/account/user/privileges",
        status=200,
        times=2,
        body=[{"privilege_id": 1, "privilege_name": "contacts:lists:read"}],
    )

    def look() -> None:
        with world.app.app_context():
            sync.look(account.id, patience=1)

    looking = threading.Thread(target=look)
    with world.holding("/v3/token_info") as call:
        looking.start()
        call.until_arrived()  # both looks at the rights are done
        owner.connect(link_for(account))
    looking.join()

    assert world.again(account).privileges_missing == ""


@one_database
def test_rights_are_missing_only_when_two_looks_agree(world: World) -> None:
    account = world.account()
    world.fault(
        "/v3/account/user/privileges",
        status=200,
        times=1,
        body=[{"privilege_id": 1, "privilege_name": "contacts:lists:read"}],
    )
    sync.look(account.id, patience=1)

    assert world.again(account).privileges_missing == ""


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_renewal_and_a_disconnect_at_once_do_not_wait_for_each_other_for_ever(
    world: World,
) -> None:
    """Both write to the account and to its token set: in one order, or the database
    would have to end one of them.
    """
    account = world.account()
    world.expired(account)
    told: list[str] = []

    def renew() -> None:
        with world.app.app_context():
            try:
                tokens.fresh_token(account.id)
            except Exception as error:
                told.append(str(error))

    def blocked() -> bool:
        db.session.rollback()
        waits = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND"
            " datname = current_database()"
        )
        return bool(db.session.scalar(text(waits)))

    with db.engine.connect().execution_options(latchkey_write=True) as other:
        other.execute(
            text("SELECT id FROM account WHERE id = :id FOR UPDATE"), {"id": account.id}
        )
        renewing = threading.Thread(target=renew)
        renewing.start()
        until(blocked)
        other.execute(
            text("DELETE FROM token_set WHERE account_id = :id"), {"id": account.id}
        )
        other.commit()
    renewing.join()

    assert told == ["disconnected"]


def test_a_trip_from_a_status_page_that_was_closed_meanwhile_connects_nothing(
    world: World,
) -> None:
    account = world.account()
    page = status_links.make(account.id, "admin@example.com")
    address = page.address.removeprefix(PUBLIC_URL)
    owner = Owner(world)
    callback = consent(
        owner.theirs,
        owner.press("", owner.open(address).text, f"{address}/reconnect").headers[
            "Location"
        ],
        BAKER,
    )
    calls = len(world.calls("/token"))

    status_links.revoke(account.id)
    told = owner.come_back(callback)

    assert heading_of(told.text) == "This link no longer works"
    assert len(world.calls("/token")) == calls


@one_database
def test_a_closed_status_page_is_not_opened_again_from_the_page_that_said_it_worked(
    owner: Owner, world: World
) -> None:
    done = owner.connect(owner.link())
    found = re.search(r'action="(/connect/done/[^"]+/status-page)"', done.text)
    assert found
    owner.press("", done.text, found[1])
    status_links.revoke(db.session.scalars(select(Account)).one().id)

    assert owner.press("", done.text, found[1]).status_code == 404


@one_database
def test_an_hour_after_connecting_only_an_admin_makes_a_status_page(
    owner: Owner, world: World
) -> None:
    done = owner.connect(owner.link())
    found = re.search(r'action="(/connect/done/[^"]+/status-page)"', done.text)
    assert found
    world.clock.advance(minutes=61)

    assert owner.press("", done.text, found[1]).status_code == 404


def test_of_links_to_a_status_page_made_at_once_one_is_open(world: World) -> None:
    account = world.account()
    together = threading.Barrier(4)

    def make(_: int) -> None:
        with world.app.app_context():
            together.wait()
            status_links.make(account.id, "admin@example.com")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(4)))

    assert (
        len(
            db.session.scalars(
                select(OwnerPage).where(OwnerPage.revoked_at.is_(None))
            ).all()
        )
        == 1
    )
