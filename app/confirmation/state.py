"""What becomes of a sign-up that waits for its person's word: beside `delivery` the
author of its state.

Each function is a part of the caller's transaction, which has locked the row, and adds
the event.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.database.session import insert
from app.forms.models import FormDay
from app.services import services
from app.signups.intake import day_of
from app.signups.models import Signup, SignupEvent, SignupState

# Why a sign-up is held that cannot be asked by mail, by why it was to be asked.
HELD_FOR = {"known_contact": "known_unasked", "came_back": "opted_out"}
ASKED_FOR = {held: asked for asked, held in HELD_FOR.items()}
# Of sign-ups that are held for another reason, and are asked by an admin.
FORM_ASKS = "form_asks"


def add_event(
    session: Session, row: Signup, what: str, who: str = "", **detail: Any
) -> None:
    """Note what somebody, or a mail, did to a sign-up."""
    now = services().clock.now()
    session.add(
        SignupEvent(signup_id=row.id, at=now, what=what, who=who, detail=detail)
    )


def count(session: Session, form_id: str, what: str) -> None:
    """Add one to a form's numbers of today."""
    day: date = day_of(services().clock.now())
    one_more = {what: getattr(FormDay, what) + 1}
    session.execute(
        insert(FormDay)
        .values({"form_id": form_id, "day": day, what: 1})
        .on_conflict_do_update(index_elements=["form_id", "day"], set_=one_more)
    )


def wait_until(row: Signup, due_at: datetime) -> None:
    """Leave it as it is until then."""
    row.due_at = due_at


def hold(row: Signup, now: datetime, reason: str | None = None) -> None:
    """Let an admin decide; what is on the lists already stays without its answers."""
    if row.contact_id and reason is None:
        end(row, now, "unconfirmed")
        return
    reason = reason or HELD_FOR.get(row.reason or "", "no_mail")
    row.state, row.reason = SignupState.HELD, reason
    row.due_at, row.settled_at = None, now


def ask(row: Signup, due_at: datetime) -> None:
    """Wait for the person's word: also a sign-up that was held."""
    if row.state != SignupState.CONFIRMING:
        row.state = SignupState.CONFIRMING
        row.reason = ASKED_FOR.get(row.reason or "", FORM_ASKS)
        row.settled_at = None
    row.due_at = due_at


def end(row: Signup, now: datetime, reason: str) -> None:
    """Close it; what is on the lists already, without its answers, was delivered."""
    row.due_at = None
    if row.contact_id and reason != "not_me":
        row.state, row.reason = SignupState.DELIVERED, "lists_only"
        return
    row.state, row.reason, row.settled_at = SignupState.CLOSED, reason, now


def confirm(row: Signup, now: datetime) -> None:
    """Let it be delivered; one that is on its way already goes on."""
    row.confirmed_at = now
    if row.state == SignupState.CONFIRMING:
        row.state, row.due_at, row.failing_since = SignupState.WAITING, now, None
