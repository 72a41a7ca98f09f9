"""Rows of token sets: read, encrypted and decrypted, written only over what was read.

All times of a row are the database's on PostgreSQL, whose hosts may have clocks that
differ, and the host's on SQLite.
"""

import os
import random
import socket
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, select, update
from sqlalchemy.orm import Session

from app.accounts.models import NO_TROUBLE, Account, AccountEvent, TokenSet
from app.constant_contact import http, oauth
from app.core.crypto import CannotDecrypt
from app.database.leases import Lease
from app.database.session import database_now, db, new_id, rowcount, write_transaction
from app.services import services

# the end of a lease is its fence: whoever takes over writes a later one
LEASE = Lease(
    TokenSet, TokenSet.id, until=TokenSet.lease_until, fence=TokenSet.lease_until
)
# a token this close to its end is no longer handed out
MARGIN = timedelta(minutes=5)
REFRESH_AT = 0.8  # of its life
JITTER = 0.05
# troubles of an account
ENDED_BY_A_PAIR = ("unauthorized", "grant_refused", "answer_lost")


@dataclass(frozen=True)
class TokenRow:
    """The stored token set as it was read, still encrypted."""

    id: str
    account_id: str
    grant_id: str
    version: int
    access_token: str
    refresh_token: str
    expires_at: datetime
    refresh_due_at: datetime
    lease_until: datetime | None
    intent_at: datetime | None
    intent_fingerprint: str | None
    replays: int
    next_attempt_at: datetime | None
    refused_at: datetime | None
    failures: int
    failure: str | None
    ahead: timedelta  # how much later it is by the row's clock than by ours

    def now(self) -> datetime:
        """This instant by the clock that the row's times are of."""
        return services().clock.now() + self.ahead

    def works(self, now: datetime) -> bool:
        """Whether the access token is good for a call.

        The margin before its end shrinks for short-lived tokens.
        """
        margin = min(MARGIN, (self.expires_at - self.refresh_due_at) / 2)
        return now < self.expires_at - margin

    @property
    def answer_lost(self) -> bool:
        """Whether it was offered before and nobody knows what became of that.

        Offering it again is a replay.
        """
        return self.intent_at is not None

    def is_leased(self, now: datetime) -> bool:
        return self.lease_until is not None and self.lease_until > now

    def may_try(self, now: datetime) -> bool:
        """Whether a refresh may begin now."""
        is_put_off = self.next_attempt_at is not None and self.next_attempt_at > now
        return self.refused_at is None and not self.is_leased(now) and not is_put_off


_TABLE = TokenSet.__table__
_READ = select(
    *(_TABLE.c[name] for name in TokenRow.__dataclass_fields__ if name != "ahead"),
    database_now(),
).where(
    # built once: each call to the provider begins with it
    _TABLE.c.account_id == bindparam("account_id")
)


def read(account_id: str) -> TokenRow | None:
    """The token set as it is now; no transaction stays open."""
    row = db.session.execute(_READ, {"account_id": account_id}).one_or_none()
    db.session.rollback()
    if row is None:
        return None
    stored: list[Any] = list(row)
    stored[-1] = _ahead(stored[-1])
    return TokenRow(*stored)


def clock_ahead(session: Session) -> timedelta:
    """How much later it is by the clock of the rows' times than by ours."""
    return _ahead(session.scalar(select(database_now())))


def _ahead(database_time: datetime | None) -> timedelta:
    clock = services().clock
    if database_time is None or clock.shared:
        return timedelta()
    return database_time - clock.now()


def store_grant(
    session: Session, account_id: str, granted: oauth.Tokens, now: datetime
) -> None:
    """Replace an account's token set by that of a new consent.

    Inside the caller's transaction.
    """
    session.execute(delete(TokenSet).where(TokenSet.account_id == account_id))
    id = new_id()
    session.add(
        TokenSet(
            id=id,
            account_id=account_id,
            grant_id=new_id(),
            **pair(id, granted, now + clock_ahead(session)),
            refresh_token=sealed(granted.refresh_token or "", id, "refresh_token"),
        )
    )


def change(
    row: TokenRow, *lines: AccountEvent, only: Any = None, **values: Any
) -> bool:
    """Write values, and lines of the account's life, over what was read.

    False when somebody else wrote meanwhile, or the grant was refused; `only` is a
    condition in place of the latter.
    """
    with write_transaction() as session:
        if lines:
            # the account before its token set, as everybody who writes to both
            session.execute(
                select(Account.id).where(Account.id == row.account_id).with_for_update()
            )
        condition = TokenSet.refused_at.is_(None) if only is None else only
        if not write_over(session, row, condition, **values):
            return False
        session.add_all(lines)
        if values.get("version"):
            _clear_token_trouble(session, row.account_id)
        return True


def write_over(session: Session, row: TokenRow, condition: Any, **values: Any) -> bool:
    """Write only over the version and grant that were read."""
    statement = (
        update(TokenSet)
        .where(TokenSet.id == row.id, *as_read(row), condition)
        .values(**values)
    )
    return rowcount(session, statement) == 1


def as_read(row: TokenRow) -> tuple[ColumnElement[bool], ...]:
    """Conditions that hold until a new pair or a new consent is stored."""
    return TokenSet.version == row.version, TokenSet.grant_id == row.grant_id


def _clear_token_trouble(session: Session, account_id: str) -> None:
    session.execute(
        update(Account)
        .where(Account.id == account_id, Account.trouble.in_(ENDED_BY_A_PAIR))
        .values(**NO_TROUBLE)
    )


def pair(id: str, granted: oauth.Tokens, now: datetime) -> dict[str, Any]:
    """The columns a new pair fills.

    The earlier of `expires_in` and the token's own `exp` counts.
    """
    expires_at = now + granted.expires_in
    claimed = oauth.claims_of(granted.access_token).expires_at
    if claimed and claimed > now:
        expires_at = min(expires_at, claimed)
    due_in = (expires_at - now) * (REFRESH_AT + random.uniform(-JITTER, JITTER))
    columns = {
        "access_token": sealed(granted.access_token, id, "access_token"),
        "obtained_at": now,
        "expires_at": expires_at,
        "refresh_due_at": now + due_in,
    }
    # untold, they are as they were
    if granted.scopes:
        columns["scopes"] = http.plain(" ".join(granted.scopes), 255)
    return columns


def sealed(text: str, id: str, column: str) -> str:
    return services().cipher.encrypt(text, "token_set", id, column)


def opened(row: TokenRow, column: str = "access_token") -> str:
    """Decrypt one of the tokens. Raises `CannotOpen`."""
    return services().cipher.decrypt(getattr(row, column), "token_set", row.id, column)


def claims_in(token_set: TokenSet) -> oauth.Claims | None:
    """What a stored access token says of itself, or None when it does not open.

    The token itself goes nowhere.
    """
    try:
        access_token = services().cipher.decrypt(
            token_set.access_token, "token_set", token_set.id, "access_token"
        )
    except CannotDecrypt:
        return None
    return oauth.claims_of(access_token)


def whoami() -> str:
    """This host, process and thread, to be read by people."""
    host, thread = socket.gethostname()[:40], threading.get_ident() % 100_000
    return f"{host}:{os.getpid()}:{thread}"
