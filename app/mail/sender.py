"""Mails taken from the outbox and handed to the mail server.

Leased like sign-ups (see app/leases.py). `due_at` is the lease and `attempts` the
fence. A sender that dies leaves a row that is due again, so a mail may come twice, then
with the same Message-ID. No transaction is open while the mail server is asked.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import aliased

from app.core.crypto import CannotDecrypt
from app.core.logs import log
from app.database.leases import Lease
from app.database.session import db, retry_write, write_transaction
from app.mail import smtp
from app.mail.message import Message
from app.mail.models import MessageState, Notice
from app.mail.smtp import SmtpFailure
from app.services import backoff, services

LEASE = Lease(Notice, Notice.id, until=Notice.due_at, fence=Notice.attempts)
# for the look-up of a name, and a database that has to be waited for
LEASE_AFTER_DEADLINE = timedelta(seconds=50)
GIVEN_UP_AFTER = timedelta(days=3)


@dataclass(frozen=True)
class ClaimedMail:
    """A mail with its text still encrypted. `attempt` is the fence."""

    letter: Message
    attempt: int


def send_one() -> bool:
    """Send the longest-due mail; False when there was none."""
    claimed = _claim(services().clock.now())
    if claimed is None:
        return False
    letter, failure, answer = claimed.letter, None, ""
    try:
        text = services().cipher.decrypt(letter.text, "notice", letter.id, "body")
        answer = smtp.send(replace(letter, text=text))
    except CannotDecrypt as error:
        failure = SmtpFailure("cannot_open", error, for_good=True)
    except SmtpFailure as error:
        failure = error
    if failure:
        log.warning(
            "mail_put_off", notice=letter.id, reason=failure.reason, said=failure.detail
        )
    # the server has acted
    retry_write(lambda: _settle(claimed, failure, answer), services().clock.sleep)
    return True


def _claim(now: datetime) -> ClaimedMail | None:
    """Take the longest-due mail for one lease.

    None when there is none, somebody was quicker, or it is given up.
    """
    # read first: most looks find nothing
    seen = db.session.execute(_due(now)).first()
    db.session.rollback()
    if seen is None:
        return None
    until = (
        now
        + timedelta(seconds=services().settings.http_deadline)
        + LEASE_AFTER_DEADLINE
    )
    with write_transaction() as session:
        if not LEASE.claim(
            session,
            seen.id,
            LEASE.held_with(seen.attempts),
            Notice.state == MessageState.WAITING,
            Notice.due_at <= now,
            fence=seen.attempts + 1,
            until=until,
        ):
            return None
        row = session.get_one(Notice, seen.id)
        if seen.attempts and now - row.created_at > GIVEN_UP_AFTER:
            row.state, row.reason, row.body = MessageState.GIVEN_UP, "kept_failing", ""
            row.due_at, row.settled_at = None, now
            return None
        letter = Message(
            id=row.id,
            sender=services().settings.mail_sender,
            recipient=row.recipient,
            subject=row.subject,
            text=row.body,
            at=row.created_at,
            sender_name=row.sender_name,
            reply_to=services().settings.mail_reply_to if row.sender_name else "",
        )
        return ClaimedMail(letter, row.attempts)


def _due(now: datetime) -> Select[str, int]:
    """The next mail that is due.

    Of what one person is told about one thing, only the oldest that waits.
    """
    older = aliased(Notice)
    before = or_(
        older.created_at < Notice.created_at,
        (older.created_at == Notice.created_at) & (older.id < Notice.id),
    )
    return (
        select(Notice.id, Notice.attempts)
        .where(
            Notice.due_at <= now,
            Notice.state == MessageState.WAITING,
            ~exists(
                select(older.id).where(
                    older.state == MessageState.WAITING,
                    older.recipient == Notice.recipient,
                    older.about == Notice.about,
                    before,
                )
            ),
        )
        .order_by(Notice.due_at)
        .limit(1)
    )


def _settle(claimed: ClaimedMail, failure: SmtpFailure | None, answer: str) -> bool:
    """Write down what became of an attempt.

    False when the claim was lost meanwhile, and nothing is changed.
    """
    now = services().clock.now()
    values: dict[str, Any] = {"reason": None, "detail": answer}
    if failure:
        values = {"reason": failure.reason, "detail": failure.detail}
    if failure and not failure.for_good:
        values["due_at"] = now + backoff(claimed.attempt)
    else:
        state = MessageState.GIVEN_UP if failure else MessageState.SENT
        values |= {"state": state, "body": "", "due_at": None, "settled_at": now}
    with write_transaction() as session:
        return LEASE.write(
            session,
            claimed.letter.id,
            claimed.attempt,
            Notice.state == MessageState.WAITING,
            **values,
        )
