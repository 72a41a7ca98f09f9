"""Connect links: labelled, expiring, single use, revocable, and known afterwards only
by their digest.
"""

from sqlalchemy import select, update

from app.accounts import invitations
from app.accounts.models import ConnectLink
from app.database.session import db, write_transaction
from tests.world import PUBLIC_URL, World


def made(world: World, days: int = 7) -> ConnectLink:
    return db.session.get_one(
        ConnectLink, invitations.create("Bakery", days, "admin@example.com").id
    )


def test_a_links_address_is_shown_once_and_stored_as_a_digest(world: World) -> None:
    new = invitations.create("Bakery", 7, "admin@example.com")
    row = db.session.get_one(ConnectLink, new.id)
    token = new.address.removeprefix(f"{PUBLIC_URL}/connect/")

    assert len(token) == 43
    assert token not in str(
        {
            column.name: getattr(row, column.name)
            for column in ConnectLink.__table__.columns
        }
    )
    assert invitations.find(token) is row
    assert (row.label, row.created_by) == ("Bakery", "admin@example.com")


def test_no_two_links_are_alike(world: World) -> None:
    assert len({invitations.create("x", 1, "a").address for _ in range(50)}) == 50


def test_a_link_is_found_by_its_whole_token_only(world: World) -> None:
    token = invitations.create("Bakery", 7, "admin").address.rpartition("/")[2]

    for wrong in ("", token[:-1], token + "x", token.swapcase(), f" {token}", "%"):
        assert invitations.find(wrong) is None


def test_a_link_is_open_until_its_last_second(world: World) -> None:
    link = made(world, days=7)
    ends = link.expires_at
    states = [
        invitations.state(link, moment)
        for moment in (link.created_at, ends.replace(microsecond=0), ends)
    ]

    assert states == ["open", "open", "expired"]


def test_a_used_link_stays_used_whatever_comes_later(world: World) -> None:
    link = made(world)
    with write_transaction() as session:
        session.execute(update(ConnectLink).values(used_at=world.clock.now()))

    assert invitations.revoke(link.id) is False
    world.clock.advance(days=90)
    assert invitations.state(world.again(link), world.clock.now()) == "used"


def test_a_link_is_withdrawn_once(world: World) -> None:
    link = made(world)

    assert invitations.revoke(link.id) is True
    assert invitations.revoke(link.id) is False
    assert invitations.revoke("no such link") is False
    assert invitations.state(world.again(link), world.clock.now()) == "revoked"


def test_the_newest_links_come_first(world: World) -> None:
    for label in ("first", "second", "third"):
        invitations.create(label, 7, "admin")
        world.clock.advance(seconds=1)

    assert [link.label for link in invitations.newest()] == ["third", "second", "first"]
    assert [link.label for link in invitations.newest(1)] == ["third"]
    assert len(db.session.scalars(select(ConnectLink)).all()) == 3
