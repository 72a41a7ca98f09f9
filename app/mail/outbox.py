"""Mails wait here until they are sent.

They are stored in the transaction of what they tell of, so that neither can be without
the other.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import Session

from app.database.session import db, new_id
from app.mail.message import MAX_SUBJECT, one_line
from app.mail.models import MessageState, Notice
from app.services import services

LONG = timedelta(minutes=10)
LATELY = timedelta(days=7)
MAX_SENDER_NAME = 255
KEPT = timedelta(days=90)  # not for ever: there is a person's address in each


# A mail that asks somebody to confirm a sign-up. Its row is about that sign-up.
CONFIRM = "confirm"


def put(
    session: Session,
    about: str,
    what: str,
    recipient: str,
    subject: str,
    body: str,
    sender_name: str = "",
) -> str:
    """Have one mail sent as soon as the caller's transaction is committed; return its
    id.

    `about` is an account's id, "installation", or a sign-up's id.
    """
    id = new_id()
    now = services().clock.now()
    notice = Notice(
        id=id,
        about=about,
        what=what,
        recipient=recipient,
        subject=one_line(subject, MAX_SUBJECT),
        sender_name=sender_name[:MAX_SENDER_NAME],
        created_at=now,
        due_at=now,
        body=services().cipher.encrypt(body, "notice", id, "body"),
    )
    session.execute(delete(Notice).where(Notice.settled_at < now - KEPT))
    session.add(notice)
    return id


def take_back(session: Session, about: str, what: str) -> set[str]:
    """Delete mails of one kind that nobody has tried to send yet.

    Returns the addresses that they would have gone to.
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
    """Count how many times something was told since then.

    That is the most mails of it that one person got.
    """
    by_person = (
        select(func.count().label("mails"))
        .where(Notice.about == about, Notice.what == what, Notice.created_at > since)
        .group_by(Notice.recipient)
        .subquery()
    )
    return session.scalar(select(func.max(by_person.c.mails))) or 0


def newest(most: int = 10) -> list[Notice]:
    """Return the last mails to owners and admins, newest first."""
    ours = select(Notice).where(Notice.what != CONFIRM)
    query = ours.order_by(Notice.created_at.desc(), Notice.id).limit(most)
    return list(db.session.scalars(query))


def trouble(now: datetime) -> tuple[int, int]:
    """Return (how many mails wait for long, how many were given up lately).

    That a visitor's address takes no mail is no trouble of ours.
    """
    waiting = select(func.count()).where(
        Notice.state == MessageState.WAITING, Notice.created_at < now - LONG
    )
    given_up = select(func.count()).where(
        Notice.state == MessageState.GIVEN_UP,
        Notice.settled_at > now - LATELY,
        or_(Notice.what != CONFIRM, Notice.reason != "recipient_refused"),
    )
    return db.session.scalar(waiting) or 0, db.session.scalar(given_up) or 0


def is_slow(now: datetime) -> bool:
    """Tell whether mails have been waiting for long."""
    waiting = Notice.due_at.is_not(None) & (Notice.created_at < now - LONG)
    return bool(db.session.scalar(select(exists().where(waiting))))
