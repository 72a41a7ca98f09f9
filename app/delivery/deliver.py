"""One sign-up, one verdict.

Nothing is written here, and no transaction is open while the provider is asked.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from app.accounts import tokens
from app.accounts.api_rate import RateLimited
from app.accounts.authorized_call import authorized_call
from app.constant_contact import contacts, errors
from app.constant_contact.client import Client, Contact
from app.core.crypto import CannotDecrypt
from app.core.logs import log
from app.database.session import UNUSABLE, db
from app.delivery import duplicates, exact_update, optouts, returning
from app.delivery.claims import ClaimedSignup
from app.delivery.outcomes import (
    AccountBlocked,
    Delivered,
    Held,
    NotAttempted,
    NoToken,
    Outcome,
    Rejected,
    RetryLater,
)
from app.services import services
from app.signups.screening import mail_domains

OWNER_PAUSE = timedelta(hours=1)
# after the database could not be used
AGAIN = timedelta(seconds=2)
# attempts that follow a conflict within seconds; one that goes on must not cost a day's
# calls
SOON = 3
# the provider's words for what it did (contract 4.2)
ACTIONS = ("created", "updated")


class LeaseExpired(Exception):
    """Somebody else may have the job before a call could end."""


def deliver(job: ClaimedSignup) -> Outcome:
    """Hand one sign-up to the provider, or say why not. Never raises."""
    try:
        if _cannot_receive(job):
            return Held("cannot_receive")
        # a verdict ends trouble: a look-up that goes well proves no sign-up
        return authorized_call(
            job.account_id, lambda api: _hand_over(job, api), ends_trouble=False
        )
    except tokens.NeedsOwner as needs:  # reconnecting ends the wait at once
        return NoToken(needs.reason, until=services().clock.now() + OWNER_PAUSE)
    except tokens.NotNow as busy:
        if busy.reason == "refreshing":
            return NotAttempted("refreshing", until=busy.until)
        return NoToken(busy.reason, until=busy.until)
    except CannotDecrypt as shut:
        return NoToken("cannot_open", str(shut))
    except LeaseExpired:
        return NotAttempted("throttled", until=services().clock.now())
    except RateLimited as spent:
        return NotAttempted(spent.reason, spent.detail, spent.request_id, spent.until)
    except errors.ProviderError as error:
        return _verdict(error, services().clock.now(), job.attempt)
    except UNUSABLE as error:  # before the call that signs up: nothing writes after it
        log.error("database_unusable", error=type(error).__name__, signup=job.id)
        with suppress(SQLAlchemyError):  # the connection may be gone as well
            db.session.rollback()
        return NotAttempted("database_unusable", until=services().clock.now() + AGAIN)
    except Exception as error:
        log.exception("delivery_failed", signup=job.id)
        return RetryLater("unexpected", type(error).__name__)


def _cannot_receive(job: ClaimedSignup) -> bool:
    """Tell whether the address's domain takes no mail. Asked once of an address, and
    not of what the person confirmed or an admin sends all the same.
    """
    was_asked = job.attempt > 1 and not job.is_corrected
    if was_asked or job.is_vouched_for:
        return False
    return not mail_domains.can_receive(job.email)


def _hand_over(job: ClaimedSignup, api: Client) -> Outcome:
    """Sign somebody up, unless they have unsubscribed.

    Nor is anybody re-subscribed by an attempt that may have arrived and is made again.
    """
    turn = partial(_turn, job, api.turn)
    late = partial(_turn, job, api.late)
    api = replace(api, turn=turn, late=late)
    if exact_update.is_exact(job):
        return exact_update.hand_over(job, api)
    if job.unknown:
        done = _done_or_left(job, api)
        if done:
            return done
    elif not job.may_resubscribe and _may_have_left(job, api):
        contact = api.find(job.email)
        if contact and _has_left(contact):
            if verdict := returning.verdict_on(job, contact):
                return verdict
        else:
            optouts.came_back(job.account_id, job.person)
    reply = api.sign_up({"email_address": job.email, **job.body})
    action = reply.action if reply.action in ACTIONS else "updated"
    return Delivered(action, contact_id=reply.contact_id)


def _done_or_left(job: ClaimedSignup, api: Client) -> Outcome | None:
    """Look up what an attempt has done whose answer says nothing; None: send it again."""
    contact = contacts.find(api, job.email)
    if contact and _has_left(contact):
        return returning.verdict_on(job, contact)
    optouts.came_back(job.account_id, job.person)
    if contact and job.may_be_done and exact_update.is_as_asked(job, contact):
        return Delivered("updated", contact_id=contact.contact_id)
    return None


def _may_have_left(job: ClaimedSignup, api: Client) -> bool:
    """Tell whether the contact has to be looked up before it is signed up.

    Who was delivered moments ago may have left since then, and not be in the mirror of
    those who did.
    """
    since = services().clock.now() - optouts.longest_lag()
    return optouts.may_have_left(
        job.account_id, job.person, api
    ) or duplicates.delivered_since(job.account_id, job.person, since)


def _has_left(contact: Contact) -> bool:
    """Tell whether they opted out; raises `OddItem` where the contact does not say."""
    if contact.may_have_opted_out and not contact.opted_out:
        raise errors.OddItem("The look-up does not say whether they opted out.")
    return contact.opted_out


def _turn(job: ClaimedSignup, wait: Callable[[], None]) -> None:
    wait()
    _check_lease(job)


def _check_lease(job: ClaimedSignup) -> None:
    """Raise `LeaseExpired` when too little of the lease is left for a call."""
    last_start = job.until - timedelta(seconds=services().settings.http_deadline)
    if services().clock.now() > last_start:
        raise LeaseExpired


def _verdict(error: errors.ProviderError, now: datetime, attempt: int) -> Outcome:
    answer = (error.reason, error.detail, error.request_id)
    if isinstance(error, errors.Conflict):
        if attempt > SOON:
            return RetryLater(*answer)
        return RetryLater(*answer, until=now + timedelta(seconds=random.uniform(1, 5)))
    if isinstance(error, errors.OddItem):
        return RetryLater(*answer)
    if isinstance(error, errors.Fault):
        return Rejected(*answer)
    if error.retry_after:
        return AccountBlocked(*answer, until=now + timedelta(seconds=error.retry_after))
    return AccountBlocked(*answer)
