"""Mails taken from the outbox and handed to the mail server; the same idiom as sign-ups
(see delivery/claims).

`due_at` is the lease and `attempts` the fence. A sender that dies leaves a row that is
due again, so a mail may come twice, then with the same Message-ID. No transaction is
open while the mail server is asked.
"""

from dataclasses import replace
from datetime import datetime, timedelta

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


def send_one() -> bool:
    """Send the longest-due mail; False when there was none."""
    claimed = _claim(services().clock.now())
    if claimed is None:
        return False
    letter, attempt = claimed
    failure, said = None, ""
    try:
        said = smtp.send(
            replace(
                letter,
                text=services().cipher.decrypt(
                    letter.text, "notice", letter.id, "body"
                ),
            )
        )
    except CannotDecrypt as error:
        failure = SmtpFailure("cannot_open", error, for_good=True)
    except SmtpFailure as error:
        failure = error
    if failure:
        log.warning(
            "mail_put_off", notice=letter.id, reason=failure.reason, said=failure.detail
        )
    # the server has acted
    retry_write(
        lambda: _settle(letter.id, attempt, failure, said), services().clock.sleep
    )
    return True


def _claim(now: datetime) -> tuple[Message, int] | None:
    """(a mail with its text still sealed, the attempt this is), leased; or None."""
    seen = db.session.execute(_due(now)).first()  # a look costs no write
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
            row.state, row.reason, row.body, row.due_at, row.settled_at = (
                MessageState.GIVEN_UP,
                "kept_failing",
                "",
                None,
                now,
            )
            return None
        return (
            Message(
                row.id,
                services().settings.mail_sender,
                row.recipient,
                row.subject,
                row.body,
                row.created_at,
            ),
            row.attempts,
        )


def _due(now: datetime) -> Select[str, int]:
    """The next mail that is due; of what one person is told about one thing, only the
    oldest that waits.
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


def _settle(id: str, attempt: int, failure: SmtpFailure | None, said: str) -> bool:
    """Write down what became of an attempt; False when the claim was lost meanwhile,
    and nothing is changed.
    """
    now = services().clock.now()
    if failure is None:
        values = {
            "state": MessageState.SENT,
            "reason": None,
            "detail": said,
            "body": "",
            "due_at": None,
            "settled_at": now,
        }
    elif failure.for_good:
        values = {
            "state": MessageState.GIVEN_UP,
            "reason": failure.reason,
            "detail": failure.detail,
            "body": "",
            "due_at": None,
            "settled_at": now,
        }
    else:
        values = {
            "reason": failure.reason,
            "detail": failure.detail,
            "due_at": now + backoff(attempt),
        }
    with write_transaction() as session:
        return LEASE.write(
            session, id, attempt, Notice.state == MessageState.WAITING, **values
        )
