"""An accepted part followed through the provider's states to its end.

Its counters are kept as the provider reports them.
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

MAX_ERRORS = 100
MAX_WORDS = 300  # characters of each
# How long after it was accepted an activity may still be unknown to the provider.
NOT_YET_KNOWN = timedelta(hours=1)
# The reason by the provider's last states, "" for a good end.
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
            part.state = PartState.FAILED
            part.look_at = None
            part.reason = "forgotten"
            part.payload = None
        status.settle(session, row)


def _note(part: ImportPart, activity: Activity) -> None:
    part.provider_state = activity.state
    part.percent = max(0, min(100, activity.percent_done))
    part.counters = activity.status
    errors = activity.activity_errors[:MAX_ERRORS]
    part.errors = [words[:MAX_WORDS] for words in errors]
    if activity.state not in ENDS:
        return
    part.look_at = None
    part.reason = ENDS[activity.state]
    if part.reason:
        part.state = PartState.FAILED
    else:
        part.state = PartState.DONE
        part.payload = None
        part.percent = 100
