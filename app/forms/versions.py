"""How a form looked from one change to the next, kept for evidence."""

from typing import Any

from sqlalchemy.orm import Session

from app.database.session import insert
from app.forms.models import ConsentWording, Form, FormVersion

# columns of a form that a snapshot has as they are
SHOWN = (
    "name",
    "heading",
    "intro",
    "button",
    "fields",
    "lists",
    "visitor_chooses",
    "exactly",
    "success",
    "privacy_url",
    "redirect_url",
    "confirmation",
    "known_contacts",
    "shows_sender",
)


def keep(session: Session, form: Form) -> None:
    """Store how a form looks now, once for each version.

    Inside the transaction that changed it.
    """
    session.flush()
    row = insert(FormVersion).values(
        form_id=form.id, version=form.updated_at, snapshot=_snapshot(session, form)
    )
    session.execute(row.on_conflict_do_nothing())


def _snapshot(session: Session, form: Form) -> dict[str, Any]:
    consent = session.get_one(ConsentWording, form.consent_id)
    shown = {name: getattr(form, name) for name in SHOWN}
    shown["consent"] = {
        "id": consent.id,
        "version": consent.version,
        "text": consent.text,
    }
    return shown
