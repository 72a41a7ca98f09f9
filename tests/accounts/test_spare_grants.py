"""A connect that fails may end the connection that worked: it is warned of, told, and the
better of the two token sets is kept.
"""

import pytest
from sqlalchemy import select, update

from app.accounts import health, tokens
from app.accounts.models import Account, AuthorizationTransaction
from app.database.session import db, write_transaction
from app.messages import WARNING_BEFORE
from app.worker import periodic
from tests.accounts.connecting import accounts, heading, say, title
from tests.accounts.links import life, link_for
from tests.accounts.owner import BAKER, INTERN, Owner, consent, one_database
from tests.dashboard.reading import text_of
from tests.world import World

pytestmark = one_database


def state(world: World) -> health.Health:
    db.session.expire_all()
    return health.of(accounts()[0], world.clock.now())


def upkeep(world: World) -> None:
    world.clock.advance(seconds=1)
    periodic.run_due(world.clock.now(), periodic.READS)


def kept() -> list[str | None]:
    db.session.rollback()
    return list(db.session.scalars(select(AuthorizationTransaction.granted)))


def fail(world: World, owner: Owner) -> str:
    """Connect, and connect again with a login that may not add contacts."""
    owner.connect(owner.link())
    return Owner(world).connect(owner.link("Again"), INTERN).text


def test_where_the_earlier_grant_ended_the_new_one_is_used(
    owner: Owner, world: World
) -> None:
    page = fail(world, owner)
    account = accounts()[0]
    upkeep(world)

    assert heading(page) == title("privileges_missing")
    assert "was connected before" in text_of(page)
    assert life(account) == [
        "connected",
        "connect_failed",
        "grant_refused",
        "spare_used",
    ]
    assert tokens.fresh_token(account.id)
    assert (state(world).state, state(world).reason) == (
        "needs_owner",
        "privileges_missing",
    )
    assert kept() == [None, None]


def test_it_works_again_as_soon_as_the_login_has_the_rights(
    owner: Owner, world: World
) -> None:
    fail(world, owner)
    upkeep(world)
    world.control("logins", login=INTERN, role="account_manager")
    world.clock.advance(hours=2)
    upkeep(world)

    assert state(world).state == "healthy"


def test_where_the_earlier_grant_lives_it_stays(owner: Owner, world: World) -> None:
    world.control("limits", second_grant_replaces=False)
    fail(world, owner)
    account = accounts()[0]
    upkeep(world)

    assert state(world).state == "healthy"
    assert life(account) == ["connected", "connect_failed", "refreshed"]
    assert accounts()[0].login == BAKER
    assert kept() == [None, None]


def test_a_spare_is_dropped_when_the_account_is_connected_meanwhile(
    owner: Owner, world: World
) -> None:
    fail(world, owner)
    world.clock.advance(seconds=1)
    owner.connect(owner.link("Third"))
    upkeep(world)

    assert state(world).state == "healthy"
    assert "spare_used" not in life(accounts()[0])
    assert kept() == [None] * 3


def test_the_timeline_and_the_causes_tell_of_it(owner: Owner, world: World) -> None:
    fail(world, owner)
    account = accounts()[0]
    upkeep(world)
    page = text_of(world.signed_in().get(f"/accounts/{account.id}").text)

    assert "A reconnect attempt failed" in page
    assert f"somebody signed in as {INTERN} to connect this account again" in page


@pytest.mark.parametrize("scope", ["account_read", "offline_access"])
def test_a_consent_that_leaves_something_out_is_noted_too(
    owner: Owner, world: World, scope: str
) -> None:
    owner.connect(owner.link())
    address = owner.leave(owner.link("Again"))
    for joint in ("+", "%20"):
        address = address.replace(f"{scope}{joint}", "").replace(f"{joint}{scope}", "")
    owner.come_back(consent(owner.theirs, address))
    upkeep(world)

    assert "connect_failed" in life(accounts()[0])
    assert (state(world).state == "healthy") is (scope == "account_read")


def test_it_is_warned_of_before(owner: Owner, world: World) -> None:
    account = world.account()
    link = link_for(account)
    warning = say(WARNING_BEFORE)
    works = [
        owner.open(link).text,
        world.signed_in().get(f"/accounts/{account.id}").text,
    ]
    refuse(account)
    needs_it = owner.open(link).text

    assert all(warning in text_of(page) for page in works)
    assert warning not in text_of(needs_it)


def refuse(account: Account) -> None:
    with write_transaction() as session:
        session.execute(
            update(Account)
            .where(Account.id == account.id)
            .values(trouble="grant_refused")
        )
