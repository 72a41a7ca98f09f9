"""One renewal of a leased token set: wait for a turn, ask, and store what came before
anybody uses it.

What is known afterwards decides: a new pair is stored; a refusal ends the grant; where
nothing was sent, everything is as before; and of any other answer nobody knows whether
the single-use token was spent, so the intent stays to tell.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_

from app.accounts.api_client import token_pace
from app.accounts.api_key import credentials
from app.accounts.api_rate import RateLimited
from app.accounts.models import AccountEvent, TokenSet
from app.accounts.token_store import LEASE, TokenRow, change, opened, pair, read, sealed
from app.constant_contact import errors, oauth
from app.database.session import UNUSABLE, retry_write
from app.database.sqlite_lock import Busy
from app.services import backoff, services

UNSPENT = (errors.Unreachable, errors.Throttled, errors.ClientRefused)
# seconds that a new pair is held on to while the database cannot be written
PAIR_HELD = 300.0
# of what a lease is longer than a call: for who is slow between the last look at it and
# the call
SPARE = 0.2


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


def renew(held: TokenRow, lease: datetime) -> str | None:
    """A new access token, stored; None when there is a newer word on it, so that it has
    to be read again.

    `lease` is when ours ends. Raises `NotNow`, or `NeedsOwner` when the grant is
    refused and nothing works any more.
    """
    try:
        given = credentials()
        _must_be_ours(held, given)
        refresh_token = opened(held, "refresh_token")
        _wait_turn(held, lease)
        granted = oauth.refresh(given, refresh_token)
    except errors.GrantRefused as error:
        _refused(held, lease, error)
        return None
    except RateLimited as error:
        _note(held, lease, next_attempt_at=error.until + held.ahead, **_as_before(held))
        raise NotNow(error.reason, error.until) from error
    except UNUSABLE:  # the database, before anything was sent
        _note(held, lease, **_as_before(held))
        raise
    except UNSPENT as error:
        raise _put_off(held, lease, error, **_as_before(held)) from error
    except errors.ProviderError as error:
        raise _put_off(held, lease, error, lease_until=None, lease_by=None) from error
    return _save(held, lease, granted)


def _must_be_ours(held: TokenRow, given: oauth.Credentials) -> None:
    """Offered with another API key, a good token would be refused for ever; with its
    own it goes on.
    """
    whose = oauth.claims_of(opened(held)).cid
    if whose and whose != given.client_id:
        raise errors.OtherKey(f"the token was given to {whose}")


def _wait_turn(held: TokenRow, lease: datetime) -> None:
    """One call a second at the token endpoint for the whole installation, and none that
    could outlive the lease.
    """
    clock, settings = services().clock, services().settings
    spare = SPARE * (settings.token_lease - settings.http_deadline)
    most = _time_left(held, lease) - spare
    if most > 0:
        token_pace().acquire(most)
    # this process was held up, or the database
    if most <= 0 or _time_left(held, lease) < spare / 2:
        raise RateLimited("refreshing", clock.now() + timedelta(seconds=1))


def _time_left(held: TokenRow, lease: datetime) -> float:
    """Seconds until a call has to begin, so that it ends within the lease."""
    return (lease - held.now()).total_seconds() - services().settings.http_deadline


def _as_before(held: TokenRow) -> dict[str, Any]:
    """Nothing was offered just now: what was known before is all that is known."""
    return {
        "lease_until": None,
        "lease_by": None,
        "intent_at": held.intent_at,
        "intent_fingerprint": held.intent_fingerprint,
        "replays": held.replays,
    }


def _note(
    held: TokenRow, lease: datetime, *occurrences: AccountEvent, **values: Any
) -> bool:
    """Write what came of it, unless the lease has meanwhile become another's."""
    return retry_write(
        lambda: change(held, *occurrences, only=LEASE.held_with(lease), **values),
        services().clock.sleep,
    )


def _save(held: TokenRow, lease: datetime, granted: oauth.Tokens) -> str | None:
    """The old pair may be spent, so this one is held on to until it is stored, also
    over a refusal of the old one.

    While somebody else offers the old one, its answer is waited for: a pair of its own
    is newer than this.
    """
    now = held.now()
    fresh = {
        **pair(held.id, granted, now),
        "version": held.version + 1,
        "lease_until": None,
        "lease_by": None,
        "intent_at": None,
        "intent_fingerprint": None,
        "replays": 0,
        "failures": 0,
        "failure": None,
        "next_attempt_at": None,
        "refused_at": None,
    }
    if granted.refresh_token:
        same = granted.refresh_token == opened(held, "refresh_token")
        fresh |= {
            "refresh_token": sealed(granted.refresh_token, held.id, "refresh_token"),
            "kind": "long_lived" if same else "rotating",
        }

    def store() -> bool:
        nobody_offers = or_(
            TokenSet.lease_until.is_(None),
            TokenSet.lease_until == lease,
            TokenSet.lease_until <= held.now(),
        )
        if change(
            held,
            AccountEvent(account_id=held.account_id, at=now, what="refreshed"),
            only=nobody_offers,
            **fresh,
        ):
            return True
        there = read(held.account_id)
        if there and (there.id, there.version) == (held.id, held.version):
            raise Busy("another process offers the old refresh token")
        return False

    return (
        granted.access_token
        if retry_write(store, services().clock.sleep, PAIR_HELD)
        else None
    )


def _refused(held: TokenRow, lease: datetime, error: errors.GrantRefused) -> None:
    """The end of this grant; after a lost answer it says when that was, for the new
    pair was in it.
    """
    now, reason = held.now(), "answer_lost" if held.answer_lost else "grant_refused"
    lost = (
        f"Asked at {held.intent_at:%Y-%m-%d %H:%M:%S} UTC, never answered. "
        if held.intent_at
        else ""
    )
    ended = _note(
        held,
        lease,
        AccountEvent(
            account_id=held.account_id, at=now, what=reason, detail=lost + error.detail
        ),
        refused_at=now,
        failure=reason,
        lease_until=None,
        lease_by=None,
    )
    if ended and not held.works(now):
        raise NeedsOwner(reason) from error


def _put_off(
    held: TokenRow, lease: datetime, error: errors.ProviderError, **values: Any
) -> NotNow:
    """When to try again.

    The first replay of a lost answer comes when the lease ends: the provider may honour
    it.
    """
    failures = held.failures + 1
    first_loss = not isinstance(error, UNSPENT) and not held.answer_lost
    until = lease if first_loss else held.now() + _pause(error, failures)
    _note(
        held,
        lease,
        failures=failures,
        failure=error.reason,
        next_attempt_at=until,
        **values,
    )
    # somebody else uses the key: everybody's turn comes later
    if isinstance(error, errors.Throttled):
        token_pace().pause(error.reason, until - held.ahead)
    return NotNow(error.reason, until - held.ahead)


def _pause(error: errors.ProviderError, failures: int) -> timedelta:
    """What the provider asks for, and no less than ours."""
    ours = (
        timedelta(seconds=2)
        if isinstance(error, errors.Throttled)
        else backoff(failures)
    )
    return max(ours, timedelta(seconds=error.retry_after or 0))
