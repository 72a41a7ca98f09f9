"""An accepted part followed through the provider's states to its end; its counters are
kept as they are told.
"""

from datetime import timedelta

from sqlalchemy import select

from app.accounts.authorized_call import authorized_call
from app.constant_contact import activities
from app.constant_contact.activities import Activity
from app.imports import status
from app.imports.claims import ClaimedImport, holding
from app.imports.models import ImportPart, PartState
from app.imports.sending import PATIENCE
from app.services import services

MAX_ERRORS, MAX_WORDS = 100, 300
# that a look may miss an activity after it was accepted
NOT_YET_KNOWN = timedelta(hours=1)
ENDS = {
    "completed": "",
    "failed": "job_failed",
    "cancelled": "job_cancelled",
    "timed_out": "job_timed_out",
}


def look(job: ClaimedImport, number: int, activity_id: str) -> None:
    """Ask for one activity and write down where it is.

    Raises what a call raises, or `Lost`.
    """
    activity = authorized_call(
        job.account_id,
        lambda api: activities.look(api, activity_id),
        PATIENCE,
        can_wait=True,
    )
    now = services().clock.now()
    with holding(job) as (session, row):
        part = session.scalars(
            select(ImportPart)
            .where(ImportPart.import_id == row.id, ImportPart.number == number)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        accepted_at = part.accepted_at or now
        part.look_at = status.look_again(accepted_at, now)
        if activity:
            _note(part, activity)
        elif now - accepted_at > NOT_YET_KNOWN:
            part.state, part.look_at, part.reason, part.payload = (
                PartState.FAILED,
                None,
                "forgotten",
                None,
            )
        status.settle(session, row)


def _note(part: ImportPart, activity: Activity) -> None:
    part.provider_state, part.percent = (
        activity.state,
        max(0, min(100, activity.percent_done)),
    )
    part.counters = activity.status
    part.errors = [words[:MAX_WORDS] for words in activity.activity_errors[:MAX_ERRORS]]
    if activity.state not in ENDS:
        return
    part.look_at, part.reason = None, ENDS[activity.state]
    part.state = PartState.FAILED if part.reason else PartState.DONE
    if part.state == PartState.DONE:
        part.payload, part.percent = None, 100
