"""Accepting a sign-up: the row, and the tally beside it, in one short transaction."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from app.db import changed, insert, new_id, writing
from app.forms.models import Form
from app.ground import ground
from app.signups.models import Signup, State, Tally


@dataclass(frozen=True)
class Answers:
    """A checked form: the address, what else sign_up_form takes, and where it came from."""

    email: str
    body: dict[str, Any]
    press_id: str
    host_page: str
    looks_automatic: bool


def accept(form: Form, answers: Answers) -> bool:
    """Store a sign-up durably; False when this very press with these answers was stored before. Raises `Busy`."""
    now = ground().clock.now()
    held = answers.looks_automatic
    row = {
        "id": new_id(), "form_id": form.id, "account_id": form.account_id, "consent_id": form.consent_id,
        "press_id": _press(answers), "email": answers.email, "person": answers.email.lower(),
        "body": answers.body, "host_page": answers.host_page, "created_at": now, "attempts": 0,
        "may_resubscribe": False, "state": State.HELD if held else State.WAITING,
        "reason": "looks_automatic" if held else None, "due_at": None if held else now,
    }
    tally = {"form_id": form.id, "day": now.date(), "accepted": 1}
    with writing() as session:
        fresh = changed(session, insert(Signup).values(row).on_conflict_do_nothing(
            index_elements=["form_id", "person", "press_id"])) == 1
        if fresh:
            session.execute(insert(Tally).values(tally).on_conflict_do_update(
                index_elements=["form_id", "day"], set_={"accepted": Tally.accepted + 1}))
    ground().bell.ring()
    return fresh


def _press(answers: Answers) -> str:
    """A press sent twice is one sign-up; going back, correcting a name and pressing again is another."""
    said = sha256(json.dumps(answers.body, sort_keys=True).encode()).hexdigest()
    return f"{answers.press_id[:32]}.{said[:7]}"
