"""The stored token set: read, sealed and opened, leased, and written over only what was read."""

import os
import random
import socket
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.models import Account, Occurrence, TokenSet
from app.constant_contact import http, oauth
from app.db import changed, db, new_id, writing
from app.ground import backoff, ground

MARGIN = timedelta(minutes=5)       # a token this close to its end is no longer handed out
REFRESH_AT = 0.8                    # of its life
JITTER = 0.05


@dataclass(frozen=True)
class Held:
    """The stored token set as read, still sealed."""

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
    failure: str | None

    def works(self, now: datetime) -> bool:
        """Still good for a call; the margin shrinks for short-lived tokens."""
        return now < self.expires_at - min(MARGIN, (self.expires_at - self.refresh_due_at) / 2)

    @property
    def answer_lost(self) -> bool:
        """It was offered before, and nobody knows what became of that: this is a replay."""
        return self.intent_at is not None

    def may_try(self, now: datetime) -> bool:
        return (self.refused_at is None and (self.lease_until is None or self.lease_until <= now)
                and (self.next_attempt_at is None or self.next_attempt_at <= now))


def read(account_id: str) -> Held | None:
    """The token set as it is now; no transaction stays open."""
    columns = [getattr(TokenSet, name) for name in Held.__dataclass_fields__]
    row = db.session.execute(select(*columns).where(TokenSet.account_id == account_id)).one_or_none()
    db.session.rollback()
    return Held(*row) if row else None


def store_grant(session: Session, account_id: str, granted: oauth.Tokens, now: datetime) -> None:
    """Replace an account's token set by that of a new consent, inside the caller's transaction."""
    session.execute(delete(TokenSet).where(TokenSet.account_id == account_id))
    id = new_id()
    session.add(TokenSet(id=id, account_id=account_id, grant_id=new_id(), **pair(id, granted, now),
                         refresh_token=sealed(granted.refresh_token or "", id, "refresh_token")))


def take_lease(held: Held, now: datetime) -> bool:
    """The intent is written before the token is spent. One replay is prompt; should this one die, the next is paced."""
    until = now + timedelta(seconds=ground().settings.token_lease)
    replay = {"replays": held.replays + 1, "next_attempt_at": until + backoff(held.replays + 1)}
    free = or_(TokenSet.lease_until.is_(None), TokenSet.lease_until <= now)
    with writing() as session:
        return write_over(session, held, free, lease_until=until, lease_by=whoami(), intent_at=held.intent_at or now,
                          intent_fingerprint=ground().vault.fingerprint(opened(held, "refresh_token")),
                          **(replay if held.answer_lost else {}))


def change(held: Held, *occurrences: Occurrence, **values: Any) -> bool:
    """Write values, and lines of the account's life, unless somebody else wrote meanwhile or the grant was refused."""
    with writing() as session:
        done = write_over(session, held, TokenSet.refused_at.is_(None), **values)
        if done:
            session.add_all(occurrences)
            if values.get("version"):
                _clear_token_trouble(session, held.account_id)
        return done


def write_over(session: Session, held: Held, condition: Any, **values: Any) -> bool:
    """Write only over the version and grant that were read."""
    return changed(session, update(TokenSet).where(
        TokenSet.id == held.id, TokenSet.version == held.version, TokenSet.grant_id == held.grant_id, condition)
        .values(**values)) == 1


def _clear_token_trouble(session: Session, account_id: str) -> None:
    session.execute(update(Account).where(Account.id == account_id, Account.trouble == "unauthorized")
                    .values(trouble=None, trouble_since=None, trouble_detail="", trouble_count=0, hold_until=None))


def pair(id: str, granted: oauth.Tokens, now: datetime) -> dict[str, Any]:
    """The columns a new pair fills. The earlier of `expires_in` and the token's own `exp` counts."""
    expires_at = now + granted.expires_in
    claimed = oauth.claims_of(granted.access_token).expires_at
    if claimed and claimed > now:
        expires_at = min(expires_at, claimed)
    due_in = (expires_at - now) * (REFRESH_AT + random.uniform(-JITTER, JITTER))
    return {"access_token": sealed(granted.access_token, id, "access_token"), "obtained_at": now,
            "expires_at": expires_at, "refresh_due_at": now + due_in,
            "scopes": http.plain(" ".join(granted.scopes), 255)}


def sealed(text: str, id: str, column: str) -> str:
    return ground().vault.seal(text, "token_set", id, column)


def opened(held: Held, column: str = "access_token") -> str:
    """Raises `CannotOpen`."""
    return ground().vault.open(getattr(held, column), "token_set", held.id, column)


def whoami() -> str:
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{threading.get_ident() % 100_000}"
