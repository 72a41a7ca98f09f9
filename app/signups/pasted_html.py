"""A form in somebody's own page as plain HTML: its posts carry no ticket, so other
things must speak for them.

They are taken at once when the browser names a site of the form's list as their origin,
the sentence in the page is today's, and the trap is empty. Otherwise the visitor
confirms on the real form, where all that was typed stands.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from app.database.raw import single
from app.services import services
from app.signups.form_cache import ShownForm
from app.signups.form_token import MAX_PAGE, FormToken
from app.signups.models import Signup

CONSENT = "consent_id"  # the hidden field that names the wording which was pasted
# the same answers of one person within this time are one press
AGAIN = timedelta(minutes=10)


def is_pasted(posted: Mapping[str, str]) -> bool:
    """Tell whether this never was a page of ours: those have a ticket, be it forged or
    too old.
    """
    return "form_token" not in posted


def words_read(form: ShownForm, posted: Mapping[str, str], origin: str) -> str:
    """Return the id of the wording in a page on the form's list; "" for any other page,
    which may say what it likes.
    """
    if is_pasted(posted) and origin in json.loads(form.sites):
        return posted.get(CONSENT, "")
    return ""


def is_trusted(form: ShownForm, posted: Mapping[str, str], origin: str) -> bool:
    """Tell whether the post may be taken at once: today's wording and an empty trap."""
    wording = words_read(form, posted, origin)
    return wording == form.consent_id and not posted.get("website")


def ticket_for(
    form: ShownForm, email: str, body: dict[str, Any], host_page: str
) -> FormToken:
    """Make what a page of ours would have brought along.

    A press made twice, or sent twice, gets the same id.
    """
    return FormToken(
        _press_id(form.id, email.lower(), body),
        services().settings.form_min_seconds,
        host_page[:MAX_PAGE],
        form.consent_id,
    )


def _press_id(form_id: str, person: str, body: dict[str, Any]) -> str:
    """Make 32 characters: a digest of the answers, and the time of the first press with
    them, whose row may be stored already.
    """
    now = services().clock.now()
    answers = json.dumps([form_id, person, body], sort_keys=True)
    digest = sha256(answers.encode()).hexdigest()[:20]
    first_press = (
        select(Signup.press_id)
        .where(
            Signup.form_id == form_id,
            Signup.person == person,
            Signup.press_id.startswith(digest),
            Signup.created_at > now - AGAIN,
        )
        .limit(1)
    )
    with single() as connection:
        press_id: str | None = connection.execute(first_press).scalar()
    if press_id:
        return press_id[:32]
    interval = int(now.timestamp() / AGAIN.total_seconds())
    return f"{digest}{interval:012x}"
