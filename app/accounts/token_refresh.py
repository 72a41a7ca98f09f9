"""One refresh of a token set, from its lease to what came of it.

It waits for a turn, asks, and stores what came before anybody uses it. What is known
afterwards decides. A new pair is saved. A refusal ends the grant. Where nothing was
sent, everything is as before. After any other answer nobody knows whether the
single-use token was spent, so the intent stays in the row to tell.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from app.accounts import token_store
from app.accounts.api_client import token_pace
from app.accounts.api_key import credentials
from app.accounts.api_rate import RateLimited
from app.accounts.models import AccountEvent, TokenSet
from app.accounts.token_store import LEASE, TokenRow
from app.constant_contact import errors, oauth
from app.constant_contact.deadline import taking_turns
from app.database.session import UNUSABLE, retry_write, write_transaction
from app.database.sqlite_lock import Busy
from app.services import backoff, services

UNSPENT = (errors.Unreachable, errors.Throttled, errors.ClientRefused)
# seconds that a new pair is held on to while the database cannot be written
PAIR_HELD = 300.0
# of what a lease is longer than a call: for who is slow between the last look at it and
# the call
SPARE = 0.2
LAST_CALL = 0.1  # of a lease: how long its holder may still store a pair
AFTER_THROTTLING = timedelta(seconds=2)


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
class Refresh:
    """A refresh that holds the lease of a token set, as read, until `lease` ends."""

    row: TokenRow
    lease: datetime

    def run(self) -> str | None:
        """Fetch and store a new pair; return its access token.

        None when there is a newer word on the token set, so that it has to be read
        again. Raises `NotNow`, or `NeedsOwner` when the grant is refused and nothing
        works any more.
        """
        try:
            granted = self._ask()
        except errors.GrantRefused as error:
            self._refuse(error)
            return None
        except RateLimited as error:
            next_attempt_at = error.until + self.row.ahead
            self._write(next_attempt_at=next_attempt_at, **self._as_before())
            raise NotNow(error.reason, error.until) from error
        except UNUSABLE:  # the database, before anything was sent
            self._write(**self._as_before())
            raise
        except UNSPENT as error:
            raise self._postpone(error, **self._as_before()) from error
        except errors.ProviderError as error:
            raise self._postpone(error, lease_until=None, lease_by=None) from error
        return self._save(granted)

    def _ask(self) -> oauth.Tokens:
        key = credentials()
        self._must_be_given_to(key)
        refresh_token = token_store.opened(self.row, "refresh_token")
        self._wait_turn()
        with taking_turns(token_pace().acquire_again):
            return oauth.refresh(key, refresh_token)

    def _must_be_given_to(self, key: oauth.Credentials) -> None:
        """Raise `OtherKey` for a token that was given to another API key.

        Offered with this one, a good token would be refused for ever; with its own it
        goes on.
        """
        given_to = oauth.claims_of(token_store.opened(self.row)).cid
        if given_to and given_to != key.client_id:
            raise errors.OtherKey(f"the token was given to {given_to}")

    def _wait_turn(self) -> None:
        """Wait for the token endpoint, which takes one call a second from all of us.

        No call is made that could outlive the lease: that raises `NoAllowance`.
        """
        clock, settings = services().clock, services().settings
        spare = SPARE * (settings.token_lease - settings.http_deadline)
        longest = self._time_left() - spare
        if longest > 0:
            token_pace().acquire(longest)
        # this process was held up, or the database
        if longest <= 0 or self._time_left() < spare / 2:
            raise RateLimited("refreshing", clock.now() + timedelta(seconds=1))

    def _time_left(self) -> float:
        """Seconds until a call has to begin, so that it ends within the lease."""
        left = self.lease - self.row.now()
        return left.total_seconds() - services().settings.http_deadline

    # -- what came of it

    def _save(self, granted: oauth.Tokens) -> str | None:
        """Store a new pair, however long that takes, also over a refusal of the old one.

        The old pair may be spent. While somebody else offers it, that answer is waited
        for: a pair that it brings is newer than this one.
        """
        refreshed_at = self.row.now()
        columns = self._columns_of(granted, refreshed_at)

        def store() -> bool:
            line = self._line(what="refreshed", at=refreshed_at)
            if token_store.change(
                self.row, line, only=self._nobody_offers(), **columns
            ):
                return True
            newest, mine = token_store.read(self.row.account_id), self.row
            if newest and (newest.id, newest.version) == (mine.id, mine.version):
                raise Busy("another process offers the old refresh token")
            return False

        stored = retry_write(store, services().clock.sleep, PAIR_HELD)
        return granted.access_token if stored else None

    def _columns_of(self, granted: oauth.Tokens, now: datetime) -> dict[str, Any]:
        columns = {
            **token_store.pair(self.row.id, granted, now),
            "version": self.row.version + 1,
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
            old_token = token_store.opened(self.row, "refresh_token")
            is_kept = granted.refresh_token == old_token
            columns["kind"] = "long_lived" if is_kept else "rotating"
            columns["refresh_token"] = token_store.sealed(
                granted.refresh_token, self.row.id, "refresh_token"
            )
        return columns

    def _nobody_offers(self) -> ColumnElement[bool]:
        """True unless somebody else's lease runs, who offers the old refresh token."""
        return or_(
            TokenSet.lease_until.is_(None),
            LEASE.held_with(self.lease),
            TokenSet.lease_until <= self.row.now(),
        )

    def _refuse(self, error: errors.GrantRefused) -> None:
        """End the grant; after a lost answer say when that was, since it had the pair.

        Raises `NeedsOwner` when the old access token has ended too.
        """
        now, reason, detail = self.row.now(), "grant_refused", error.detail
        if self.row.intent_at:
            asked_at = f"{self.row.intent_at:%Y-%m-%d %H:%M:%S}"
            reason = "answer_lost"
            detail = f"Asked at {asked_at} UTC, never answered. {detail}"
        has_ended = self._write(
            self._line(what=reason, at=now, detail=detail),
            refused_at=now,
            failure=reason,
            lease_until=None,
            lease_by=None,
        )
        if has_ended and not self.row.works(now):
            raise NeedsOwner(reason) from error

    def _postpone(self, error: errors.ProviderError, **values: Any) -> NotNow:
        """Write down when to try again, and return what to raise.

        The first replay of a lost answer comes when the lease ends: the provider may
        honour it.
        """
        failures = self.row.failures + 1
        is_first_loss = not isinstance(error, UNSPENT) and not self.row.answer_lost
        until = self.lease
        if not is_first_loss:
            until = self.row.now() + _pause(error, failures)
        self._write(
            failures=failures,
            failure=error.reason,
            next_attempt_at=until,
            **values,
        )
        until -= self.row.ahead
        # somebody else uses the key: everybody's turn comes later
        if isinstance(error, errors.Throttled):
            token_pace().pause(error.reason, until)
        return NotNow(error.reason, until)

    def _as_before(self) -> dict[str, Any]:
        """Nothing was offered just now: what was known before is all that is known."""
        return {
            "lease_until": None,
            "lease_by": None,
            "intent_at": self.row.intent_at,
            "intent_fingerprint": self.row.intent_fingerprint,
            "replays": self.row.replays,
        }

    def _write(self, *lines: AccountEvent, **values: Any) -> bool:
        """Write what came of it, unless the lease has meanwhile become another's."""
        mine = LEASE.held_with(self.lease)
        return retry_write(
            lambda: token_store.change(self.row, *lines, only=mine, **values),
            services().clock.sleep,
        )

    def _line(self, what: str, at: datetime, detail: str = "") -> AccountEvent:
        return AccountEvent(
            account_id=self.row.account_id, at=at, what=what, detail=detail
        )


def begin(row: TokenRow) -> Refresh | None:
    """Take the lease, and write the intent before the token is spent.

    None when somebody was quicker. One replay is prompt; should this one die, the next
    is paced.
    """
    fingerprint = services().cipher.fingerprint(
        token_store.opened(row, "refresh_token")
    )
    with write_transaction() as session:
        now = row.now()  # the turn to write may have been long in coming
        until = now + timedelta(seconds=services().settings.token_lease)
        intent = {
            "lease_by": token_store.whoami(),
            "intent_at": row.intent_at or now,
            "intent_fingerprint": fingerprint,
        }
        if row.answer_lost:
            intent["replays"] = row.replays + 1
            intent["next_attempt_at"] = until + backoff(row.replays + 1)
        is_mine = LEASE.claim(
            session,
            row.id,
            *token_store.as_read(row),
            _untouched(row),
            fence=until,
            until=until,
            **intent,
        )
    return Refresh(row, until) if is_mine else None


def clear_expired_lease(row: TokenRow) -> None:
    """Clear a lease that ran out, then wait a tenth of a lease.

    Its holder may be alive, with a pair that the database would not take: give it a
    moment. This very write proves that the database takes writes again.
    """
    pause = services().settings.token_lease * LAST_CALL
    with write_transaction() as session:
        token_store.write_over(
            session,
            row,
            _untouched(row),
            lease_until=None,
            lease_by=None,
            next_attempt_at=row.now() + timedelta(seconds=pause),
        )
    services().clock.sleep(pause)


def _untouched(row: TokenRow) -> ColumnElement[bool]:
    """Nobody began, ended or put off a refresh since this was read."""
    return and_(
        TokenSet.lease_until.is_not_distinct_from(row.lease_until),
        TokenSet.intent_at.is_not_distinct_from(row.intent_at),
        TokenSet.next_attempt_at.is_not_distinct_from(row.next_attempt_at),
        TokenSet.refused_at.is_not_distinct_from(row.refused_at),
    )


def _pause(error: errors.ProviderError, failures: int) -> timedelta:
    """What the provider asks for, and no less than ours."""
    ours = backoff(failures)
    if isinstance(error, errors.Throttled):
        ours = AFTER_THROTTLING
    return max(ours, timedelta(seconds=error.retry_after or 0))
