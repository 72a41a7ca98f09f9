"""Mails wait here, stored in the transaction of whatever they tell of, so that neither
can be without the other.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.database.session import db, new_id
from app.mail.message import one_line
from app.mail.models import MessageState, Notice
from app.services import services

LONG, LATELY = timedelta(minutes=10), timedelta(days=7)
KEPT = timedelta(days=90)  # there is a person's address in each


def put(
    session: Session, about: str, what: str, recipient: str, subject: str, body: str
) -> None:
    """Let one mail be sent as soon as the caller's transaction is committed.

    `about`: an account, or "installation".
    """
    id, now = new_id(), services().clock.now()
    session.execute(delete(Notice).where(Notice.settled_at < now - KEPT))
    session.add(
        Notice(
            id=id,
            about=about,
            what=what,
            recipient=recipient,
            subject=one_line(subject, 250),
            created_at=now,
            due_at=now,
            body=services().cipher.encrypt(body, "notice", id, "body"),
        )
    )


def take_back(session: Session, about: str, what: str) -> set[str]:
    """Drop mails of one kind that nobody has tried to send yet; return who would have
    got them.
    """
    unsent = (
        Notice.about == about,
        Notice.what == what,
        Notice.state == MessageState.WAITING,
        Notice.attempts == 0,
    )
    spared = set(session.scalars(select(Notice.recipient).where(*unsent)))
    if spared:
        session.execute(delete(Notice).where(*unsent))
    return spared


def events(session: Session, about: str, what: str, since: datetime) -> int:
    """How many times something was told since then: the most mails of it that one
    person got.
    """
    each = (
        select(func.count().label("mails"))
        .where(Notice.about == about, Notice.what == what, Notice.created_at > since)
        .group_by(Notice.recipient)
        .subquery()
    )
    return session.scalar(select(func.max(each.c.mails))) or 0


def newest(most: int = 10) -> list[Notice]:
    """The last mails, newest first."""
    return list(
        db.session.scalars(
            select(Notice).order_by(Notice.created_at.desc(), Notice.id).limit(most)
        )
    )


def trouble(now: datetime) -> tuple[int, int]:
    """(how many mails wait for longer than ten minutes, how many were given up within
    the last seven days).
    """
    waiting = select(func.count()).where(
        Notice.state == MessageState.WAITING, Notice.created_at < now - LONG
    )
    given_up = select(func.count()).where(
        Notice.state == MessageState.GIVEN_UP, Notice.settled_at > now - LATELY
    )
    return db.session.scalar(waiting) or 0, db.session.scalar(given_up) or 0
