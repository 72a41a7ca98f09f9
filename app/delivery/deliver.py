"""One sign-up, one verdict.

Nothing is written here, and no transaction is open while the provider is asked.
"""

import random
from dataclasses import replace
from datetime import datetime, timedelta

from app.accounts import tokens
from app.accounts.calling import with_token
from app.constant_contact import errors
from app.constant_contact.client import Client
from app.delivery import exact, optouts
from app.delivery.claims import Job
from app.delivery.verdicts import (
    AccountWaits,
    Delivered,
    Held,
    Later,
    NotYet,
    Parked,
    TokenWaits,
    Verdict,
)
from app.ground import ground
from app.observe import log
from app.pace import NoAllowance
from app.vault import CannotOpen

OWNER_PAUSE = timedelta(hours=1)
# attempts that follow a conflict within seconds; one that goes on must not cost a day's
# calls
SOON = 3


def deliver(job: Job) -> Verdict:
    """Hand one sign-up to the provider, or say why not. Never raises."""
    try:
        return with_token(job.account_id, lambda api: _hand_over(job, api))
    except tokens.NeedsOwner as needs:  # reconnecting ends the wait at once
        return TokenWaits(needs.reason, until=ground().clock.now() + OWNER_PAUSE)
    except tokens.NotNow as busy:
        return (
            NotYet("refreshing", until=busy.until)
            if busy.reason == "refreshing"
            else TokenWaits(busy.reason, until=busy.until)
        )
    except CannotOpen as shut:
        return TokenWaits("cannot_open", str(shut))
    except NoAllowance as spent:
        return NotYet(spent.reason, spent.detail, spent.request_id, spent.until)
    except errors.ProviderError as error:
        return _verdict(error, ground().clock.now(), job.attempt)
    except Exception as error:
        log.exception("delivery_failed", signup=job.id)
        return Later("unexpected", type(error).__name__)


def _hand_over(job: Job, api: Client) -> Verdict:
    """Nobody who unsubscribed is re-subscribed, also not by an attempt that may have
    arrived and is made again.
    """
    if exact.is_exact(job):
        return exact.hand_over(job, replace(api, turn=lambda: _turn(job, api)))
    if job.unknown or (
        not job.may_resubscribe
        and optouts.may_have_left(job.account_id, job.person, api)
    ):
        contact = api.find(job.email)
        if contact and contact.opted_out:
            return Held("opted_out")
        optouts.came_back(job.account_id, job.person)
    _check_lease(job)
    reply = api.sign_up({"email_address": job.email, **job.body})
    return Delivered(reply.action or "updated", contact_id=reply.contact_id)


def _turn(job: Job, api: Client) -> None:
    api.turn()
    _check_lease(job)


def _check_lease(job: Job) -> None:
    """Raise `NoAllowance` when so much time has passed that somebody else may have the
    job before a call ends.
    """
    now = ground().clock.now()
    if now > job.until - timedelta(seconds=ground().settings.http_deadline):
        raise NoAllowance("throttled", now)


def _verdict(error: errors.ProviderError, now: datetime, attempt: int) -> Verdict:
    said = (error.reason, error.detail, error.request_id)
    wait = error.retry_after
    if isinstance(error, errors.Conflict):
        soon = now + timedelta(seconds=random.uniform(1, 5))
        return Later(*said, until=soon if attempt <= SOON else None)
    if isinstance(error, errors.Fault):
        return Parked(*said)
    return AccountWaits(*said, until=now + timedelta(seconds=wait) if wait else None)
