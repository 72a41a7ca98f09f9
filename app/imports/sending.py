"""Parts handed over to the provider, each in exactly one activity.

Before a part is sent, the ids of all the account's activities are read, and its intent
is written with them. An answer that never came leaves it in doubt: then the activities
are listed again, and one that is new, carries our number of rows (or our file's name),
and belongs to no other part is this part's. When there is none after the time that the
call could have taken and a lease on top, it was not begun, and is sent again. No clocks
are compared with the provider's. One part of an account is in doubt at a time.
"""

import time
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.accounts import tokens
from app.accounts.api_rate import RateLimited
from app.accounts.authorized_call import authorized_call
from app.accounts.models import Account
from app.constant_contact import activities, errors
from app.constant_contact.activities import Activity
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
UPLOADED_NAMES = (".csv", ".txt", ".xls", ".xlsx", ".vcf")


class NotNow(Exception):
    """Another part of the account is in doubt, or enough of them are under way."""


class TooLate(Exception):
    """This process slept between writing the intent and acting on it: nothing was sent."""


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

    Raises what a call raises, `NotNow` or `Lost`; then it may be in doubt.
    """
    door, lists, payload = _what(job, number)
    body = json_body(payload, lists) if door == "json" else csv_file(payload)
    del payload

    def ask(api: Client) -> Activity:
        before = [each.activity_id for each in activities.listed(api)]
        try:
            if door == "json":
                return activities.begin_json(
                    api, body, lambda: _intend(job, number, before)
                )
            return activities.begin_csv(
                api,
                file_name(job.id, number),
                body,
                lists,
                lambda: _intend(job, number, before),
            )
        except (errors.Invalid, errors.Missing, errors.Unsupported) as refusal:
            raise Turned(refusal) from None

    activity = authorized_call(job.account_id, ask, PATIENCE, can_wait=True)
    retry_write(lambda: _accepted(job, number, activity), services().clock.sleep)


def stopped(
    session: Session, row: ContactImport, number: int, error: Exception, reason: str
) -> None:
    """What a call that went wrong means for the part that it was to hand over."""
    part = _locked(session, row.id, number)
    if isinstance(error, Turned):
        _plan_again(part)
        part.state, part.reason, part.details = (
            PartState.FAILED,
            error.refusal.reason,
            {"said": error.refusal.detail},
        )
        # read afresh soon: then pages say whether a list or a field is gone
        row.account.facts_read_at = None
    elif part.state == PartState.SENDING and part.claim == row.claim:
        if isinstance(error, NEVER_BEGUN):
            _plan_again(part)
        else:
            part.reason = reason  # somebody lived to tell


def resolve(job: ClaimedImport, number: int) -> None:
    """Find out what became of a part in doubt, or look again later.

    Raises what a call raises, or `Lost`.
    """
    listed = authorized_call(job.account_id, activities.listed, PATIENCE, can_wait=True)
    now = services().clock.now()
    with holding(job) as (session, row):
        part = _locked(session, row.id, number)
        taken = {
            *part.before,
            *session.scalars(
                select(ImportedAs.activity_id).where(
                    ImportedAs.account_id == row.account_id
                )
            ),
        }
        found = [
            each
            for each in listed
            if each.activity_id not in taken and _carries(each, row, part)
        ]
        if found:
            _note_accepted(session, part, found[-1], now)
        elif part.doubt_until is None or now >= part.doubt_until:
            _never_begun(part)
        status.settle(session, row)


def file_name(import_id: str, number: int) -> str:
    """The name that a part goes by at the CSV door."""
    return f"latchkey-{import_id}-{number}.csv"


def _what(job: ClaimedImport, number: int) -> tuple[str, list[str], bytes]:
    found = db.session.execute(
        select(ContactImport.door, ContactImport.lists, ImportPart.payload)
        .join(ImportPart, ImportPart.import_id == ContactImport.id)
        .where(ContactImport.id == job.id, ImportPart.number == number)
    ).one()
    db.session.rollback()
    return found.door, found.lists, found.payload or b""


def _intend(job: ClaimedImport, number: int, before: list[str]) -> float:
    """Write the intent, once the turn has come; return how many seconds the call may
    take. Raises `NotNow`, `Lost`.
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
        part.state, part.claim, part.before, part.doubt_until = (
            PartState.SENDING,
            job.claim,
            before,
            until,
        )
        part.reason, part.details, row.due_at = "", {}, until
    left = ends - time.monotonic()
    if left <= 0:
        raise TooLate
    return left


def _may_go(session: Session, part: ImportPart, job: ClaimedImport) -> bool:
    """Whether nothing of this account is in doubt, and not too much under way.

    The account's row is locked.
    """
    if part.state != PartState.PLANNED and not (
        part.state == PartState.SENDING and part.claim == job.claim
    ):
        return False
    others = list(
        session.scalars(
            select(ImportPart.state).where(
                ImportPart.account_id == part.account_id,
                ImportPart.state.in_((PartState.SENDING, PartState.ACCEPTED)),
                (ImportPart.import_id != part.import_id)
                | (ImportPart.number != part.number),
            )
        )
    )
    return PartState.SENDING not in others and len(others) < MAX_AT_ONCE


def _accepted(job: ClaimedImport, number: int, activity: Activity) -> None:
    with holding(job) as (session, row):
        _note_accepted(
            session, _locked(session, row.id, number), activity, services().clock.now()
        )
        status.settle(session, row)


def _note_accepted(
    session: Session, part: ImportPart, activity: Activity, now: datetime
) -> None:
    session.execute(
        insert(ImportedAs)
        .values(
            activity_id=activity.activity_id, account_id=part.account_id, begun_at=now
        )
        .on_conflict_do_nothing()
    )
    part.state, part.activity_id, part.accepted_at = (
        PartState.ACCEPTED,
        activity.activity_id,
        now,
    )
    part.provider_state, part.percent, part.look_at = (
        activity.state or "initialized",
        0,
        now + status.FIRST_LOOK,
    )
    part.before, part.doubt_until, part.reason, part.details = [], None, "", {}


def _carries(activity: Activity, row: ContactImport, part: ImportPart) -> bool:
    """Whether an activity that nobody here knows can be this part's."""
    name = activity.source_file_name
    if row.door == "csv":
        return name == file_name(row.id, part.number)
    uploaded = name.lower().endswith(UPLOADED_NAMES)  # by somebody else, elsewhere
    return not uploaded and activity.status.get("items_total_count") == part.rows


def _never_begun(part: ImportPart) -> None:
    """Without a reason nobody lived to say why it is in doubt."""
    part.deaths += 0 if part.reason else 1
    _plan_again(part)
    if part.deaths >= MAX_DEATHS:
        part.state, part.reason = PartState.FAILED, "kills_worker"


def _plan_again(part: ImportPart) -> None:
    part.state, part.before, part.doubt_until, part.reason, part.details = (
        PartState.PLANNED,
        [],
        None,
        "",
        {},
    )


def _locked(session: Session, import_id: str, number: int) -> ImportPart:
    return session.scalars(
        select(ImportPart)
        .options(undefer(ImportPart.before))
        .where(ImportPart.import_id == import_id, ImportPart.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
