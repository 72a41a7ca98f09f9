"""What tests of notices do again and again: a round of the worker, and a look at what
was told.
"""

import re

from sqlalchemy import select

from app.accounts.models import Account
from app.database.session import db
from app.mail import sender
from app.mail.models import Notice, Told
from app.worker import periodic
from tests.mail.sink import Sink
from tests.world import PUBLIC_URL, World

ADA, OWNER = "ada@example.com", "nora@mapleandrye.example"


def admins(world: World, *emails: str) -> None:
    for email in emails:
        world.signed_in("admin", email)


def round_of(world: World) -> None:
    """What a worker does within five seconds: its chores, then all mails that are due."""
    periodic.run_due(world.clock.now())
    while sender.send_one():
        pass


def told() -> dict[str, str]:
    """What is told and not over, by what it is about."""
    db.session.rollback()
    db.session.expire_all()
    return {row.about: row.reason for row in db.session.scalars(select(Told))}


def notices() -> list[Notice]:
    db.session.rollback()
    db.session.expire_all()
    return list(
        db.session.scalars(select(Notice).order_by(Notice.created_at, Notice.recipient))
    )


def refuse(world: World, account: Account) -> None:
    """The provider has ended the account's grant, and its token is due."""
    world.control("revoke", account=account.provider_id)
    world.expired(account)


def subjects(sink: Sink) -> list[tuple[str, str]]:
    """(recipient, subject) of every mail that was taken."""
    return sorted(
        (one.recipients[0], str(one.message["Subject"])) for one in sink.taken
    )


def link_in(text: str) -> str:
    """The path of the page that a mail leads its owner to."""
    found = re.search(rf"{re.escape(PUBLIC_URL)}(/connect/\S+)", text)
    assert found, text
    return found[1]
