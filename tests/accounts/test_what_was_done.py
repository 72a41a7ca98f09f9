"""What Latchkey has done to reach an owner is told: the link that was sent, and whether
it was opened.
"""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, update

from app.accounts import invitations
from app.accounts.models import Account, AccountEvent, ConnectLink
from app.accounts.what_was_done import last_links, what_was_done
from app.database.session import db, new_id, write_transaction
from app.mail.models import MessageState, Notice
from tests.accounts.links import link_for, whole_life
from tests.dashboard.reading import text_of
from tests.world import ONE_DATABASE, World

pytestmark = ONE_DATABASE
NOON = datetime(2026, 11, 30, 14, 15, tzinfo=UTC)


def link_of(account: Account, mail: MessageState | None, **values: object) -> None:
    """A link that was made in November, and what became of its mail."""
    notice_id = new_id() if mail else None
    with write_transaction() as session:
        if notice_id:
            session.add(
                Notice(
                    id=notice_id,
                    about=account.id,
                    what="needs_owner",
                    recipient="nora@example.com",
                    subject="",
                    body="",
                    created_at=NOON - timedelta(minutes=5),
                    state=mail,
                    settled_at=NOON if mail != MessageState.WAITING else None,
                )
            )
        session.add(
            ConnectLink(
                digest=new_id(),
                label="Bakery",
                created_by="ada@example.com",
                created_at=NOON if mail is None else NOON - timedelta(minutes=5),
                notice_id=notice_id,
                account_id=account.id,
                **{"expires_at": NOON + timedelta(days=999), **values},
            )
        )


AT = "on Nov 30, 2:15 PM"
OPENED = {"opened_at": NOON + timedelta(minutes=16)}
OVER = {"expires_at": NOON + timedelta(days=1)}


@pytest.mark.parametrize(
    ("mail", "values", "sentence"),
    [
        (
            MessageState.SENT,
            {},
            f"The owner was sent a reconnect link {AT} and hasn’t opened it yet.",
        ),
        (
            MessageState.SENT,
            OPENED,
            f"The owner was sent a reconnect link {AT}. It was opened on Nov 30,"
            " 2:31 PM, but the account isn’t connected yet.",
        ),
        (
            MessageState.SENT,
            OVER,
            f"The owner was sent a reconnect link {AT}. It expired on Dec 1, 2:15 PM"
            " without being opened.",
        ),
        (
            MessageState.SENT,
            OPENED | OVER,
            f"The owner was sent a reconnect link {AT}. It was opened on Nov 30, 2:31 PM"
            " and expired on Dec 1, 2:15 PM without being used.",
        ),
        (
            MessageState.WAITING,
            {},
            "A reconnect link was created on Nov 30, 2:10 PM. Latchkey is still trying to"
            " email it to the owner.",
        ),
        (
            MessageState.GIVEN_UP,
            {},
            "A reconnect link was created on Nov 30, 2:10 PM, but Latchkey couldn’t email"
            " it to the owner. Create a new link and send it yourself.",
        ),
        (None, {}, f"A reconnect link was created {AT} and hasn’t been opened yet."),
        (
            None,
            OPENED,
            f"A reconnect link was created {AT}. It was opened on Nov 30, 2:31 PM, but the"
            " account isn’t connected yet.",
        ),
        (None, {"used_at": NOON}, ""),
        (None, {"revoked_at": NOON}, ""),
    ],
)
def test_each_state_of_a_link_has_one_sentence(
    world: World, mail: MessageState | None, values: dict[str, object], sentence: str
) -> None:
    account = world.account()
    world.clock.advance(
        seconds=(NOON + timedelta(days=2) - world.clock.now()).total_seconds()
    )
    link_of(account, mail, **values)

    assert what_was_done(account.id).replace("\u202f", " ") == sentence


def test_many_accounts_cost_one_statement_and_each_has_its_newest_link(
    world: World,
) -> None:
    accounts = [world.account(number) for number in range(3)]
    for account in accounts[:2]:
        link_for(account)
        world.clock.advance(minutes=1)
        invitations.opened(invitations.newest(1, account.id)[0])
        world.clock.advance(minutes=1)
    link_for(accounts[1])
    asked: list[str] = []

    def note(*args: object) -> None:
        asked.append(str(args[2]))

    ids = [account.id for account in accounts]
    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", note)
    links = last_links(ids)
    event.remove(db.engine, "before_cursor_execute", note)

    assert len(asked) == 1
    assert set(links) == set(ids[:2])
    assert links[ids[0]].opened_at
    assert links[ids[1]].opened_at is None


def test_opening_is_noted_once_a_visit_and_not_of_admins_or_closed_links(
    world: World,
) -> None:
    account = world.account()
    path = link_for(account)
    owner, admin = world.app.test_client(), world.signed_in()
    admin.get(path)
    owner.head(path)
    assert moments() == (None, None)

    owner.get(path)
    first = moments()[0]
    owner.get(path)
    assert first is not None
    assert moments() == (first, first)

    world.clock.advance(hours=1)
    owner.get(path)
    last = moments()[1]
    assert last is not None
    assert (moments()[0], last > first) == (first, True)
    assert whole_life(account).count("link_opened") == 1

    with write_transaction() as session:
        session.execute(update(ConnectLink).values(revoked_at=world.clock.now()))
    world.clock.advance(hours=1)
    owner.get(path)
    assert moments()[1] == last


def moments() -> tuple[datetime | None, datetime | None]:
    db.session.rollback()
    db.session.expire_all()
    (link,) = invitations.newest()
    return link.opened_at, link.last_opened_at


def test_the_pages_say_whether_a_link_was_opened(world: World) -> None:
    account = world.account()
    path = link_for(account)
    with write_transaction() as session:
        session.execute(
            update(Account).values(
                privileges_missing="contacts:write", facts_read_at=world.clock.now()
            )
        )
    admin = world.signed_in()
    before = text_of(admin.get(f"/accounts/{account.id}").text)
    world.app.test_client().get(path)
    after = text_of(admin.get(f"/accounts/{account.id}").text)

    assert "A reconnect link was created" in before
    assert "hasn’t been opened yet" in before
    assert "but the account isn’t connected yet" in after
    assert "A link for the owner was opened" in after
    assert "Not yet" not in text_of(admin.get("/accounts").text)


def test_a_link_that_was_mailed_says_so(world: World) -> None:
    account = world.account()
    with write_transaction() as session:
        session.add(
            AccountEvent(
                account_id=account.id,
                at=world.clock.now(),
                what="owner_asked",
                detail="nora@example.com",
            )
        )
    page = text_of(world.signed_in().get(f"/accounts/{account.id}").text)

    assert "Latchkey emailed the owner a reconnect link" in page
    assert "To nora@example.com." in page
