"""Where an import is.

What is due is worked off before any request is answered, so no thread is needed.
"""

import uuid
from typing import get_args

from flask import g

from app.simulator.activity import Activity, Ending, Kind
from app.simulator.api.consent import permission_of
from app.simulator.api.gate import Caller
from app.simulator.api.imports.people import as_contact
from app.simulator.api.imports.reading import Sent
from app.simulator.api.imports.rows import correctable, uncorrectable
from app.simulator.api.upsert import upsert
from app.simulator.clock import iso
from app.simulator.errors import ApiError
from app.simulator.models import Account, Resource
from app.simulator.settings import ACTIVITIES_KEPT, MAX_QUEUED
from app.simulator.simulator import Simulator, simulator

TOO_MANY = f"There are {MAX_QUEUED} activities in the queue."


def begin(caller: Caller, sent: Sent, kind: Kind = "import") -> Activity:
    """Queue a job; 429 when the account has too many that have not ended."""
    here, account, now = caller.here, caller.account, caller.here.clock.now()
    ours = [
        each for each in here.state.activities.values() if each.account == account.id
    ]
    if sum(now < each.ends_at for each in ours) >= MAX_QUEUED:
        raise ApiError(
            429,
            [
                {
                    "error_key": "contacts.api.too_many_requests",
                    "error_message": TOO_MANY,
                }
            ],
        )
    ending = here.state.endings.pop(account.id, "completed")
    rows = sent.rows if ending == "completed" else sent.rows[: len(sent.rows) // 2]
    starts_at, pace = (
        now + here.settings.import_wait,
        here.settings.import_rows_per_second,
    )
    activity = Activity(
        id=str(uuid.uuid4()),
        account=account.id,
        list_ids=sent.list_ids,
        sms_permission=sent.sms_permission,
        source_file_name=sent.file_name,
        rows=rows,
        size=len(sent.rows),
        created_at=now,
        starts_at=starts_at,
        ends_at=starts_at + (len(rows) / pace if pace else 0),
        ending=ending,
        kind=kind,
    )
    here.state.activities[activity.id] = activity
    return activity


def end(
    here: Simulator, account: str, state: Ending, activity_id: str | None = None
) -> Resource:
    """End an import badly.

    It is this one now, or else the account's next one when half of its rows are done.
    """
    if state not in get_args(Ending) or state == "completed":
        raise ValueError("state is one of cancelled, failed, timed_out")
    of, now = here.state.accounts[account], here.clock.now()
    if activity_id is None:
        here.state.endings[of.id] = state
        return {"next": state}
    activity = here.state.activities[activity_id]
    if activity.account != account or now >= activity.ends_at:
        raise ValueError(f"{activity_id} is no running activity of {account}")
    activity.ending, activity.starts_at, activity.ends_at = (
        state,
        min(activity.starts_at, now),
        now,
    )
    activity.rows = []
    return {"activity": {"activity_id": activity_id, "state": state}}


def work_off() -> None:
    """Bring every job to where it is by now; forget those older than ten days.

    The answer tells of this very moment, since no later one has been worked off.
    """
    here = simulator()
    g.worked_off_at = here.clock.now()
    if not here.state.activities:
        return
    with here.lock:
        g.worked_off_at = now = here.clock.now()
        for activity in list(here.state.activities.values()):
            _go_on(here.state.accounts[activity.account], activity, now)
            if activity.created_at + ACTIVITIES_KEPT < now:
                del here.state.activities[activity.id]


def _go_on(account: Account, activity: Activity, now: float) -> None:
    for row in activity.rows[activity.done : activity.due(now)]:
        activity.done += 1
        _take(account, activity, row)
    if now >= activity.ends_at:
        activity.rows = []


def _take(account: Account, activity: Activity, row: Resource) -> None:
    """Row `done` changes its contact, or is counted and complained about."""
    if activity.kind != "import":
        return _change_lists(account, activity, row)
    final, mendable = (
        uncorrectable(account, row, activity.sms_permission),
        correctable(row),
    )
    if not final and not mendable:
        try:
            return _put(account, activity, row)
        except ApiError as refused:
            final.append(refused.body[0]["error_message"])
    activity.counts["error_count" if final else "correctable_count"] += 1
    activity.errors.append(f"Row {activity.done}: {', '.join([*final, *mendable])}")


def _change_lists(account: Account, activity: Activity, row: Resource) -> None:
    """Delete a list, or put a contact on lists."""
    at = iso(activity.moment_of(activity.done))
    if activity.kind == "list_delete":
        account.lists[row["list_id"]]["deleted_at"] = at
        gone = {row["list_id"]}
        for contact in account.contacts.values():
            kept = [id for id in contact["list_memberships"] if id not in gone]
            contact["list_memberships"] = kept
        return
    contact = account.contacts[row["contact_id"]]
    if permission_of(contact) == "unsubscribed":
        activity.counts["cannot_add_to_list_count"] += 1
        return
    known = contact["list_memberships"]
    contact["list_memberships"] = list(dict.fromkeys([*known, *activity.list_ids]))
    contact["updated_at"] = at
    activity.counts["person_count"] += 1


def _put(account: Account, activity: Activity, row: Resource) -> None:
    sent = as_contact(account, row, activity.list_ids, activity.sms_permission)
    contact_id, _ = upsert(account, sent, activity.moment_of(activity.done), "Account")
    activity.counts["person_count"] += 1
    if permission_of(account.contacts[contact_id]) == "unsubscribed":
        activity.counts["cannot_add_to_list_count"] += 1
