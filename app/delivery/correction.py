"""A sign-up as an admin corrected it, sent again.

What was typed stays in the record (`Correction`). An address that was corrected is
another person's: it goes by every rule that a new sign-up of that person would.
"""

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from app.database.session import write_transaction
from app.delivery import admin_actions
from app.delivery.repair import without_what_is_gone
from app.forms.models import Confirmation
from app.services import services
from app.signups import blocked, corrections, people
from app.signups.corrections import Content
from app.signups.intake import lists_only
from app.signups.models import Correction, Signup, SignupEvent, SignupState
from app.signups.screening.verdict import confirmation_of

WHAT = "corrected"  # the event in the record, and the reason why it is sent


class Corrected(StrEnum):
    """What came of a correction."""

    SENT = "sent"
    ASKED = "asked"  # the person at the new address confirms first
    BLOCKED = "blocked"  # the new address is blocked: on hold
    CHANGED = "changed"  # by somebody else meanwhile: nothing was written


@dataclass(frozen=True)
class Next:
    """What becomes of a corrected sign-up."""

    result: Corrected
    state: SignupState
    reason: str


def version_of(row: Signup) -> str:
    """Return a text that is another one after each change that a page shows."""
    settled_at = row.settled_at.isoformat() if row.settled_at else ""
    parts = [row.state, row.reason, row.attempts, settled_at, row.email, row.body]
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def correct(
    signup_id: str, seen: str, email: str, body: dict[str, Any], who: str
) -> Corrected:
    """Correct a sign-up and send it again, in one transaction.

    `seen` is what `version_of` said when the admin opened the page.
    """
    with write_transaction() as session:
        row = session.get(
            Signup, signup_id, with_for_update={"of": Signup}, populate_existing=True
        )
        if (
            row is None
            or row.state not in admin_actions.CORRECTABLE
            or version_of(row) != seen
        ):
            return Corrected.CHANGED
        coming = _next(session, row, email.lower())
        body = without_what_is_gone(session, row, body)
        before, after = content(row), {"email": email, "body": body}
        if before != after:
            _note(session, row, before, after, who)
        elif coming.reason == WHAT:
            coming = replace(coming, reason="sent_again")
        if not _write(session, row, email, body, coming):
            session.rollback()
            return Corrected.CHANGED
    services().wakeup.set()
    return coming.result


def content(row: Signup) -> Content:
    """Return what of a sign-up can be corrected."""
    return {"email": row.email, "body": row.body}


def _next(session: Session, row: Signup, person: str) -> Next:
    if person != row.person:
        if why := blocked.why(session, person, row.form_id):
            return Next(Corrected.BLOCKED, SignupState.HELD, f"blocked_{why}")
        # who deleted the form took its mails away: then the admin's word counts
        if confirmation_of(row.form) == Confirmation.ON and not row.form.deleted_at:
            return Next(Corrected.ASKED, SignupState.CONFIRMING, "form_asks")
    return Next(Corrected.SENT, SignupState.WAITING, WHAT)


def _write(
    session: Session, row: Signup, email: str, body: dict[str, Any], coming: Next
) -> bool:
    values: dict[str, Any] = {"lists_only": lists_only(row.form, body)}
    if email.lower() != row.person:
        # nobody's word for the old address counts for the new one
        values |= {
            "person": email.lower(),
            "press_id": _own_press_id(row),
            "confirmed_at": None,
            "vouched": False,
            "may_resubscribe": False,
            "contact_id": None,
        }
    elif row.state == SignupState.HELD:
        values["vouched"] = True
    return admin_actions.resend_corrected(
        session, row, coming.state, coming.reason, email=email, body=body, **values
    )


def _own_press_id(row: Signup) -> str:
    """Return a press's id that no other sign-up has: the person may have corrected the
    address in the page themselves, and that press is stored too.
    """
    page = row.press_id.partition(".")[0]
    return f"{page}.{sha256(row.id.encode()).hexdigest()[:7]}"


def _note(
    session: Session, row: Signup, before: Content, after: Content, who: str
) -> None:
    """Keep what was typed, and who changed what of it when.

    The event goes into the evidence, which outlives address and answers: it has labels
    and a keyed digest of what was there before.
    """
    now = services().clock.now()
    names = corrections.list_names(row.account_id)
    changes = corrections.changes(before, after, row.form.fields, names)
    changed = [label for label, _old, _new in changes]
    typed = people.hash_of(json.dumps(before, sort_keys=True))
    session.add(
        Correction(signup_id=row.id, at=now, who=who, before=before, after=after)
    )
    session.add(
        SignupEvent(
            signup_id=row.id,
            at=now,
            what=WHAT,
            who=who,
            detail={"changed": changed, "before": typed},
        )
    )
