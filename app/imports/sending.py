"""Parts handed over to the provider, each in exactly one activity.

Before a part is sent, the ids of all the account's activities are read, and the intent
to send is written down with them. When no answer comes, the part is in doubt. Then the
activities are listed again: one that is new, carries our number of rows (or our file's
name), and belongs to no other part is taken for this part's. When there is none after
the time that the call could have taken, and a lease on top, the part was not begun and
is sent again. No clock is compared with the provider's. One part of an account is in
doubt at a time.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.accounts import tokens
from app.accounts.api_rate import RateLimited
from app.accounts.authorized_call import authorized_call
from app.accounts.models import Account
from app.constant_contact import activities, errors
from app.constant_contact.activities import Activity
from app.constant_contact.answers import Items
from app.constant_contact.client import Client
from app.core.crypto import CannotDecrypt
from app.database.session import db, insert, retry_write
from app.imports import status
from app.imports.claims import ClaimedImport, holding, lease, upload_seconds
from app.imports.models import ContactImport, ImportedAs, ImportPart, PartState
from app.imports.parts import csv_file, json_body
from app.services import services

MAX_AT_ONCE = 4  # activities of an account that have not ended
PATIENCE = 2  # seconds to wait for a token
MAX_DEATHS = 5
UNREADABLE = ""  # among the ids that were listed before
COUNT = "items_total_count"
UPLOADED_NAMES = (".csv", ".txt", ".xls", ".xlsx", ".vcf")
# Begins an activity; the other argument is called once the turn of the pace has come.
Begin = Callable[[Client, Callable[[], float]], Activity]


class NotNow(Exception):
    """Another part of the account is in doubt, or enough of them are under way."""


class TooLate(Exception):
    """The process slept after it had written the intent: nothing was sent."""


class Turned(Exception):
    """The provider refuses this part as it is."""

    def __init__(self, refusal: errors.Fault) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


NEVER_BEGUN = (
    errors.Fault,
    errors.Paused,
    errors.Unreachable,
    errors.Unauthorized,
    errors.Forbidden,
    RateLimited,
    tokens.NeedsOwner,
    tokens.NotNow,
    CannotDecrypt,
    activities.QueueFull,
    NotNow,
    TooLate,
)


def send(job: ClaimedImport, number: int) -> None:
    """Hand one planned part over.

    Raises what a call raises, `NotNow` or `Lost`; afterwards it may be in doubt.
    """
    begin = _prepared(job, number)

    def ask(api: Client) -> Activity:
        listed = activities.listed(api)
        before = [activity.activity_id for activity in listed]
        before += [UNREADABLE] * listed.skipped
        try:
            return begin(api, partial(_intend, job, number, before))
        except (errors.Invalid, errors.Missing, errors.Unsupported) as refusal:
            raise Turned(refusal) from None

    activity = authorized_call(job.account_id, ask, PATIENCE, can_wait=True)
    retry_write(lambda: _accepted(job, number, activity), services().clock.sleep)


def stopped(
    session: Session, row: ContactImport, number: int, error: Exception, reason: str
) -> None:
    """Note what a call that went wrong means for the part that it was to hand over."""
    part = _locked(session, row.id, number)
    if isinstance(error, Turned):
        _plan_again(part)
        part.state = PartState.FAILED
        part.reason = error.refusal.reason
        part.details = {"said": error.refusal.detail}
        # read afresh soon: then pages show whether a list or a field is gone
        row.account.facts_read_at = None
    elif part.state == PartState.SENDING and part.claim == row.claim:
        if isinstance(error, NEVER_BEGUN):
            _plan_again(part)
        else:
            part.reason = reason  # so the worker did not die over it


def resolve(job: ClaimedImport, number: int) -> None:
    """Find out what became of a part in doubt, or look again later.

    Raises what a call raises, or `Lost`.
    """
    listed = authorized_call(job.account_id, activities.listed, PATIENCE, can_wait=True)
    now = services().clock.now()
    with holding(job) as (session, row):
        part = _locked(session, row.id, number)
        activity = _begun_for(session, row, part, listed)
        if activity:
            _note_accepted(session, part, activity, now)
        elif part.doubt_until is None or now >= part.doubt_until:
            if _may_be_unreadable(row, part, listed):
                raise errors.Nonsense("an activity that cannot be read may be ours")
            _never_begun(part)
        status.settle(session, row)


def _may_be_unreadable(
    row: ContactImport, part: ImportPart, listed: Items[Activity]
) -> bool:
    """Tell whether this part's activity may be there, with what tells it unreadable."""
    if listed.skipped > part.before.count(UNREADABLE):
        return True
    for activity in listed:
        is_nameless = row.door == "json" or not activity.source_file_name
        is_uncounted = COUNT not in activity.status
        if is_nameless and is_uncounted and activity.activity_id not in part.before:
            return True
    return False


def _begun_for(
    session: Session, row: ContactImport, part: ImportPart, listed: Items[Activity]
) -> Activity | None:
    """Return the activity that was begun for a part in doubt, if there is one."""
    taken = set(part.before)
    taken |= set(
        session.scalars(
            select(ImportedAs.activity_id).where(
                ImportedAs.account_id == row.account_id
            )
        )
    )
    for activity in reversed(listed):  # of several that fit, the one listed last
        if activity.activity_id not in taken and _carries(activity, row, part):
            return activity
    return None


def file_name(import_id: str, number: int) -> str:
    """Return the name that a part goes by at the CSV door."""
    return f"latchkey-{import_id}-{number}.csv"


def _prepared(job: ClaimedImport, number: int) -> Begin:
    """Read a part and make its body; return the call that begins its activity."""
    row = db.session.execute(
        select(ContactImport.door, ContactImport.lists, ImportPart.payload)
        .join(ImportPart, ImportPart.import_id == ContactImport.id)
        .where(ContactImport.id == job.id, ImportPart.number == number)
    ).one()
    db.session.rollback()
    lists = row.lists
    payload = row.payload or b""
    if row.door == "json":
        body = json_body(payload, lists)
        return lambda api, now: activities.begin_json(api, body, now)
    file = csv_file(payload)
    name = file_name(job.id, number)
    return lambda api, now: activities.begin_csv(api, name, file, lists, now)


def _intend(job: ClaimedImport, number: int, before: list[str]) -> float:
    """Write the intent to send, once the turn of the pace has come.

    Returns how many seconds the call may take. Raises `NotNow`, `Lost`, `TooLate`.
    """
    ends = time.monotonic() + upload_seconds()
    with holding(job) as (session, row):
        session.scalar(
            select(Account.id)
            .where(Account.id == row.account_id)
            .with_for_update(key_share=True)
        )
        part = _locked(session, row.id, number)
        if row.cancelled_at or not _may_go(session, part, job):
            raise NotNow
        until = services().clock.now() + timedelta(seconds=upload_seconds()) + lease()
        part.state = PartState.SENDING
        part.claim = job.claim
        part.before = before
        part.doubt_until = until
        part.reason = ""
        part.details = {}
        row.due_at = until
    seconds_left = ends - time.monotonic()
    if seconds_left <= 0:
        raise TooLate
    return seconds_left


def _may_go(session: Session, part: ImportPart, job: ClaimedImport) -> bool:
    """Tell whether a part may be sent; the account's row is locked.

    Nothing of the account may be in doubt, and not too much under way.
    """
    is_ours = part.state == PartState.SENDING and part.claim == job.claim
    if part.state != PartState.PLANNED and not is_ours:
        return False
    is_another = (ImportPart.import_id != part.import_id) | (
        ImportPart.number != part.number
    )
    others = session.scalars(
        select(ImportPart.state).where(
            ImportPart.account_id == part.account_id,
            ImportPart.state.in_((PartState.SENDING, PartState.ACCEPTED)),
            is_another,
        )
    ).all()
    return PartState.SENDING not in others and len(others) < MAX_AT_ONCE


def _accepted(job: ClaimedImport, number: int, activity: Activity) -> None:
    with holding(job) as (session, row):
        part = _locked(session, row.id, number)
        _note_accepted(session, part, activity, services().clock.now())
        status.settle(session, row)


def _note_accepted(
    session: Session, part: ImportPart, activity: Activity, now: datetime
) -> None:
    known = insert(ImportedAs).values(
        activity_id=activity.activity_id,
        account_id=part.account_id,
        begun_at=now,
    )
    session.execute(known.on_conflict_do_nothing())
    _clear_intent(part)
    part.state = PartState.ACCEPTED
    part.activity_id = activity.activity_id
    part.accepted_at = now
    part.provider_state = activity.state or "initialized"
    part.percent = 0
    part.look_at = now + status.FIRST_LOOK


def _carries(activity: Activity, row: ContactImport, part: ImportPart) -> bool:
    """Tell whether an activity that nobody here knows can be this part's."""
    name = activity.source_file_name
    if row.door == "csv":
        return name == file_name(row.id, part.number)
    # somebody uploaded a file elsewhere
    if name.lower().endswith(UPLOADED_NAMES):
        return False
    return activity.status.get(COUNT) == part.rows


def _never_begun(part: ImportPart) -> None:
    """Plan a part again that was not begun; give up one that kills workers."""
    somebody_lived_to_say_why = bool(part.reason)
    if not somebody_lived_to_say_why:
        part.deaths += 1
    _plan_again(part)
    if part.deaths >= MAX_DEATHS:
        part.state, part.reason = PartState.FAILED, "kills_worker"


def _plan_again(part: ImportPart) -> None:
    _clear_intent(part)
    part.state = PartState.PLANNED


def _clear_intent(part: ImportPart) -> None:
    part.before = []
    part.doubt_until = None
    part.reason = ""
    part.details = {}


def _locked(session: Session, import_id: str, number: int) -> ImportPart:
    return session.scalars(
        select(ImportPart)
        .options(undefer(ImportPart.before))
        .where(ImportPart.import_id == import_id, ImportPart.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
