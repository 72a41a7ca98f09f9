"""An account's token set: stored sealed, and refreshed by one of many who may try.

A refresh is leased by one conditional UPDATE that also writes the intent (which refresh token, when, by whom)
before a single-use token is spent; the pair that comes back is stored before it is used, guarded by version
and grant. Whoever loses the lease never calls: it takes the token that is still valid, or waits for the winner.
"""

import os
import random
import socket
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.api_key import credentials
from app.accounts.models import Account, Occurrence, TokenSet
from app.accounts.provider import token_pace
from app.constant_contact import errors, http, oauth
from app.db import changed, db, insist, new_id, writing
from app.ground import backoff, ground
from app.pace import NoAllowance

MARGIN = timedelta(minutes=5)       # a token this close to its end is no longer handed out
REFRESH_AT = 0.8                    # of its life
JITTER = 0.05
UNSPENT = (errors.Unreachable, errors.Throttled, errors.ClientRefused)
NO_INTENT: dict[str, Any] = {"intent_at": None, "intent_fingerprint": None}


class NeedsOwner(Exception):
    """Only the account's owner can mend this, by connecting again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotNow(Exception):
    """There is no usable token at this moment; worth asking again after `until`."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(reason)
        self.reason, self.until = reason, until


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
    next_attempt_at: datetime | None
    refused_at: datetime | None
    failure: str | None

    def works(self, now: datetime) -> bool:
        """Still good for a call; the margin shrinks for short-lived tokens."""
        return now < self.expires_at - min(MARGIN, (self.expires_at - self.refresh_due_at) / 2)

    def may_try(self, now: datetime) -> bool:
        return (self.refused_at is None and (self.lease_until is None or self.lease_until <= now)
                and (self.next_attempt_at is None or self.next_attempt_at <= now))


def store_grant(session: Session, account_id: str, granted: oauth.Tokens, now: datetime) -> None:
    """Replace an account's token set by that of a new consent, inside the caller's transaction."""
    session.execute(delete(TokenSet).where(TokenSet.account_id == account_id))
    id = new_id()
    session.add(TokenSet(id=id, account_id=account_id, grant_id=new_id(), **_pair(id, granted, now),
                         refresh_token=_seal(granted.refresh_token or "", id, "refresh_token")))


def fresh_token(account_id: str, patience: float | None = None) -> str:
    """An access token that works now; refreshes first when one is due.

    Waits up to `patience` seconds (default: the token lease) for a refresh that somebody else has begun.
    Raises `NeedsOwner` or `NotNow`.
    """
    clock, settings = ground().clock, ground().settings
    ends = clock.now() + timedelta(seconds=settings.token_lease if patience is None else patience)
    while True:
        held, now = _read(account_id), clock.now()
        if held.works(now) and now < held.refresh_due_at:
            return _open(held)
        if held.may_try(now):
            if _take_lease(held, now):
                return _refresh(held)
            held = _read(account_id)  # somebody was quicker: judge by what they wrote
        if held.works(now):
            return _open(held)
        if held.refused_at:
            raise NeedsOwner("grant_refused")
        if now >= ends or not (_under_way(held, now) or held.may_try(now)):
            raise NotNow(held.failure or "refreshing", _next_chance(held, now))
        clock.sleep(0.05)


def due(now: datetime) -> list[str]:
    """Accounts whose token set wants a refresh, oldest first."""
    return list(db.session.scalars(
        select(TokenSet.account_id).where(
            TokenSet.refresh_due_at <= now, TokenSet.refused_at.is_(None),
            or_(TokenSet.lease_until.is_(None), TokenSet.lease_until <= now),
            or_(TokenSet.next_attempt_at.is_(None), TokenSet.next_attempt_at <= now))
        .order_by(TokenSet.refresh_due_at)))


def expire_now(account_id: str, access_token: str) -> None:
    """The provider refused this access token before its time: make a refresh due, unless there is a newer one."""
    held, now = _read(account_id), ground().clock.now()
    if _open(held) == access_token:
        _update(held, expires_at=now, refresh_due_at=now)


def _read(account_id: str) -> Held:
    columns = [getattr(TokenSet, name) for name in Held.__dataclass_fields__]
    row = db.session.execute(select(*columns).where(TokenSet.account_id == account_id)).one_or_none()
    db.session.rollback()
    if row is None:
        raise NeedsOwner("disconnected")
    return Held(*row)


def _under_way(held: Held, now: datetime) -> bool:
    return held.lease_until is not None and held.lease_until > now


def _next_chance(held: Held, now: datetime) -> datetime:
    return max(moment for moment in (held.lease_until, held.next_attempt_at, now) if moment)


def _take_lease(held: Held, now: datetime) -> bool:
    until = now + timedelta(seconds=ground().settings.token_lease)
    with writing() as session:
        return _guarded(session, held, or_(TokenSet.lease_until.is_(None), TokenSet.lease_until <= now),
                        lease_until=until, lease_by=whoami(), intent_at=now,
                        intent_fingerprint=ground().vault.fingerprint(_open(held, "refresh_token")))


def _refresh(held: Held) -> str:
    try:
        _wait_turn()
        granted = oauth.refresh(credentials(), _open(held, "refresh_token"))
    except errors.GrantRefused as error:
        return _refused(held, error)
    except NoAllowance as error:
        _update(held, next_attempt_at=error.until, lease_until=None, lease_by=None, **NO_INTENT)
        raise NotNow(error.reason, error.until) from error
    except UNSPENT as error:
        raise _put_off(held, error, **NO_INTENT) from error
    except errors.ProviderError as error:
        raise _put_off(held, error) from error  # nobody knows whether it was spent: the intent stays to tell
    return _save(held, granted)


def _wait_turn() -> None:
    """One call a second at the token endpoint for the whole installation, and none that would outlive the lease."""
    settings = ground().settings
    token_pace().wait_turn(max(0.0, settings.token_lease - settings.http_deadline - 1))


def _save(held: Held, granted: oauth.Tokens) -> str:
    now = ground().clock.now()
    fresh = {**_pair(held.id, granted, now), "version": held.version + 1,
             "lease_until": None, "lease_by": None, **NO_INTENT,
             "failures": 0, "failure": None, "next_attempt_at": None}
    if granted.refresh_token:
        same = granted.refresh_token == _open(held, "refresh_token")
        fresh |= {"refresh_token": _seal(granted.refresh_token, held.id, "refresh_token"),
                  "kind": "long_lived" if same else "rotating"}

    def store() -> bool:
        return _update(held, Occurrence(account_id=held.account_id, at=now, what="refreshed"), **fresh)

    if not insist(store, ground().clock.sleep):  # the old pair may be spent: this one is kept until it is stored
        return fresh_token(held.account_id, patience=0)  # a newer consent won while we were away
    return granted.access_token


def _refused(held: Held, error: errors.GrantRefused) -> str:
    now = ground().clock.now()
    gone = _update(held, Occurrence(account_id=held.account_id, at=now, what="grant_refused", detail=error.detail),
                   refused_at=now, failure="grant_refused", lease_until=None, lease_by=None)
    if not gone or held.works(now):
        return fresh_token(held.account_id, patience=0)
    raise NeedsOwner("grant_refused") from error


def _put_off(held: Held, error: errors.ProviderError, **values: Any) -> NotNow:
    now = ground().clock.now()
    with writing() as session:
        failures = session.scalar(select(TokenSet.failures).where(TokenSet.id == held.id)) or 0
        until = now + (timedelta(seconds=2) if isinstance(error, errors.Throttled) else backoff(failures + 1))
        _guarded(session, held, TokenSet.refused_at.is_(None), failures=failures + 1, failure=error.reason,
                 next_attempt_at=until, lease_until=None, lease_by=None, **values)
    if isinstance(error, errors.Throttled):  # somebody else uses the key: everybody's turn comes later
        token_pace().pause(error.reason, until)
    return NotNow(error.reason, until)


def _update(held: Held, *occurrences: Occurrence, **values: Any) -> bool:
    with writing() as session:
        done = _guarded(session, held, TokenSet.refused_at.is_(None), **values)
        if done:
            session.add_all(occurrences)
            if values.get("version"):
                _clear_token_trouble(session, held.account_id)
        return done


def _guarded(session: Session, held: Held, condition: Any, **values: Any) -> bool:
    """Write only over the version and grant that were read."""
    return changed(session, update(TokenSet).where(
        TokenSet.id == held.id, TokenSet.version == held.version, TokenSet.grant_id == held.grant_id, condition)
        .values(**values)) == 1


def _clear_token_trouble(session: Session, account_id: str) -> None:
    session.execute(update(Account).where(Account.id == account_id, Account.trouble == "unauthorized")
                    .values(trouble=None, trouble_since=None, trouble_detail="", trouble_count=0, hold_until=None))


def _pair(id: str, granted: oauth.Tokens, now: datetime) -> dict[str, Any]:
    """The columns a new pair fills. The earlier of `expires_in` and the token's own `exp` counts."""
    expires_at = now + granted.expires_in
    claimed = oauth.claims_of(granted.access_token).expires_at
    if claimed and claimed > now:
        expires_at = min(expires_at, claimed)
    due_in = (expires_at - now) * (REFRESH_AT + random.uniform(-JITTER, JITTER))
    return {"access_token": _seal(granted.access_token, id, "access_token"), "obtained_at": now,
            "expires_at": expires_at, "refresh_due_at": now + due_in,
            "scopes": http.plain(" ".join(granted.scopes), 255)}


def _seal(text: str, id: str, column: str) -> str:
    return ground().vault.seal(text, "token_set", id, column)


def _open(held: Held, column: str = "access_token") -> str:
    return ground().vault.open(getattr(held, column), "token_set", held.id, column)


def whoami() -> str:
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{threading.get_ident() % 100_000}"
