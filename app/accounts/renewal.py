"""One renewal of a leased token set: wait for a turn, ask, and store what came before anybody uses it.

What is known afterwards decides: a new pair is stored; a refusal ends the grant; where nothing was sent, everything is
as before; and of any other answer nobody knows whether the single-use token was spent, so the intent stays to tell.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.accounts.api_key import credentials
from app.accounts.models import Occurrence, TokenSet
from app.accounts.provider import token_pace
from app.accounts.token_set import Held, change, opened, pair, sealed, write_over
from app.constant_contact import errors, oauth
from app.db import insist, writing
from app.ground import backoff, ground
from app.pace import NoAllowance

UNSPENT = (errors.Unreachable, errors.Throttled, errors.ClientRefused)


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


def renew(held: Held) -> str | None:
    """A new access token, stored; None when there is a newer word on it, so that it has to be read again.

    Raises `NotNow`, or `NeedsOwner` when the grant is refused and nothing works any more.
    """
    try:
        given = credentials()
        _must_be_ours(held, given)
        _wait_turn()
        granted = oauth.refresh(given, opened(held, "refresh_token"))
    except errors.GrantRefused as error:
        _refused(held, error)
        return None
    except NoAllowance as error:
        change(held, next_attempt_at=error.until, **_as_before(held))
        raise NotNow(error.reason, error.until) from error
    except UNSPENT as error:
        raise _put_off(held, error, **_as_before(held)) from error
    except errors.ProviderError as error:
        raise _put_off(held, error, lease_until=None, lease_by=None) from error
    return _save(held, granted)


def _must_be_ours(held: Held, given: oauth.Credentials) -> None:
    """Offered with another API key, a good token would be refused for ever; with its own it goes on."""
    whose = oauth.claims_of(opened(held)).cid
    if whose and whose != given.client_id:
        raise errors.OtherKey(f"the token was given to {whose}")


def _wait_turn() -> None:
    """One call a second at the token endpoint for the whole installation, and none that would outlive the lease."""
    settings = ground().settings
    token_pace().wait_turn(max(0.0, settings.token_lease - settings.http_deadline - 1))


def _as_before(held: Held) -> dict[str, Any]:
    """Nothing was offered just now: what was known before is all that is known."""
    return {"lease_until": None, "lease_by": None, "intent_at": held.intent_at,
            "intent_fingerprint": held.intent_fingerprint, "replays": held.replays}


def _save(held: Held, granted: oauth.Tokens) -> str | None:
    """The old pair may be spent, so this one is held on to until it is stored."""
    now = ground().clock.now()
    fresh = {**pair(held.id, granted, now), "version": held.version + 1,
             "lease_until": None, "lease_by": None, "intent_at": None, "intent_fingerprint": None, "replays": 0,
             "failures": 0, "failure": None, "next_attempt_at": None}
    if granted.refresh_token:
        same = granted.refresh_token == opened(held, "refresh_token")
        fresh |= {"refresh_token": sealed(granted.refresh_token, held.id, "refresh_token"),
                  "kind": "long_lived" if same else "rotating"}

    def store() -> bool:
        return change(held, Occurrence(account_id=held.account_id, at=now, what="refreshed"), **fresh)

    return granted.access_token if insist(store, ground().clock.sleep) else None


def _refused(held: Held, error: errors.GrantRefused) -> None:
    """The end of this grant; after a lost answer it says when that was, for the new pair was in it."""
    now, reason = ground().clock.now(), "answer_lost" if held.answer_lost else "grant_refused"
    lost = f"Asked at {held.intent_at:%Y-%m-%d %H:%M:%S} UTC, never answered. " if held.intent_at else ""
    ended = change(held, Occurrence(account_id=held.account_id, at=now, what=reason, detail=lost + error.detail),
                   refused_at=now, failure=reason, lease_until=None, lease_by=None)
    if ended and not held.works(now):
        raise NeedsOwner(reason) from error


def _put_off(held: Held, error: errors.ProviderError, **values: Any) -> NotNow:
    """When to try again. The first replay of a lost answer comes when the lease ends: the provider may honour it."""
    now = ground().clock.now()
    with writing() as session:
        row = session.execute(select(TokenSet.failures, TokenSet.lease_until)
                              .where(TokenSet.id == held.id)).one_or_none()
        failures, lease_until = (row[0] + 1, row[1]) if row else (1, None)
        first_loss = not isinstance(error, UNSPENT) and not held.answer_lost
        until = lease_until if first_loss and lease_until else now + _pause(error, failures)
        write_over(session, held, TokenSet.refused_at.is_(None), failures=failures, failure=error.reason,
                   next_attempt_at=until, **values)
    if isinstance(error, errors.Throttled):  # somebody else uses the key: everybody's turn comes later
        token_pace().pause(error.reason, until)
    return NotNow(error.reason, until)


def _pause(error: errors.ProviderError, failures: int) -> timedelta:
    return timedelta(seconds=2) if isinstance(error, errors.Throttled) else backoff(failures)
