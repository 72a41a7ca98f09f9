"""Making and changing a form; every wording of its consent sentence is kept.

Each change is checked against the account's stored facts first.
"""

import secrets
import string
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import facts
from app.database.session import db, new_id, write_transaction
from app.forms import validation, versions
from app.forms.draft import COPIED_COLUMNS, Draft
from app.forms.models import ConsentWording, Form
from app.services import services

ID_LETTERS = string.ascii_lowercase + string.digits
ID_LENGTH = 10
MAX_NAME = 120  # characters


class InvalidForm(Exception):
    """The form cannot be saved; `problems` are sentences by part, see `checks`."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


def create(draft: Draft) -> str:
    """Save a new form; return its public id. Raises `NotGood`."""
    draft = _checked(draft)
    now = services().clock.now()
    form = Form(id=_public_id(), account_id=draft.account_id, created_at=now)
    with write_transaction() as session:
        _fill(form, draft, now)
        _add(session, form, draft.consent, now)
        return form.id


def change(form_id: str, draft: Draft, seen: str = "") -> None:
    """Save an existing form's new shape.

    `seen` is what `version_of` said when the admin opened the page. Raises `NotGood`,
    also when somebody else has changed the form since.
    """
    draft = _checked(draft)
    now = services().clock.now()
    with write_transaction() as session:
        form = _locked(session, form_id)
        _refuse_if_changed(form, draft, seen)
        _fill(form, draft, now)
        form.consent_id = _wording(session, form_id, draft.consent, now)
        versions.keep(session, form)


def _refuse_if_changed(form: Form, draft: Draft, seen: str) -> None:
    if form.account_id != draft.account_id:
        raise InvalidForm(
            {
                "lists": _(
                    "This form was moved to another account while you had the page"
                    " open. Reload the page."
                )
            }
        )
    if form.deleted_at:
        raise InvalidForm(
            {
                "seen": _(
                    "This form was deleted while you had the page open. Restore it"
                    " under Forms, then save here."
                )
            }
        )
    if seen not in ("", version_of(form)):
        raise InvalidForm(
            {
                "seen": _(
                    "Someone else changed this form while you had the page open. Save"
                    " again to replace their changes, or open the form in another"
                    " window to compare first."
                )
            }
        )


def duplicate(form_id: str) -> str:
    """Save a copy as a draft; return its public id.

    Lists and fields that the account no longer has are copied too; the copy's page
    reports them.
    """
    now = services().clock.now()
    with write_transaction() as session:
        original = _locked(session, form_id)
        copy = Form(
            id=_public_id(),
            account_id=original.account_id,
            created_at=now,
            updated_at=now,
        )
        for name in COPIED_COLUMNS:
            setattr(copy, name, getattr(original, name))
        copy.name = _("Copy of %(name)s", name=original.name)[:MAX_NAME]
        copy.open = False
        copy.draft = True
        copy.closes_at = None
        wording = session.get_one(ConsentWording, original.consent_id)
        _add(session, copy, wording.text, now)
        return copy.id


def replace_gone_lists(form_id: str, list_ids: list[str]) -> bool:
    """Put lists of its account in the place of a form's lists that are gone; tell
    whether there were any.
    """
    with write_transaction() as session:
        form = _locked(session, form_id)
        names = {row.list_id: row.name for row in facts.lists_of(form.account_id)}
        kept = [item for item in form.lists if item["list_id"] in names]
        removed = [item for item in form.lists if item not in kept]
        lists = kept + _added(removed, kept, list_ids, names)
        if not removed or not lists:
            return False
        form.lists = lists
        form.updated_at = services().clock.now()
        versions.keep(session, form)
        return True


def _added(
    removed: list[dict[str, Any]],
    kept: list[dict[str, Any]],
    list_ids: list[str],
    names: dict[str, str],
) -> list[dict[str, Any]]:
    """Make a form's lists of these ids, but for those that it has; everybody joins them
    where everybody joined one that is gone.
    """
    known = {item["list_id"] for item in kept}
    how = {"always": True} if any(item.get("always") for item in removed) else {}
    return [
        {"list_id": id, "label": names[id], **how}
        for id in dict.fromkeys(list_ids)
        if id in names and id not in known
    ]


def protect(form_id: str, choices: dict[str, Any]) -> None:
    """Give a form from before these choices, by column; with none it keeps its own.

    It is not offered again either way.
    """
    with write_transaction() as session:
        form = _locked(session, form_id)
        form.offers_protection = False
        for name, value in choices.items():
            setattr(form, name, value)
        if choices:
            form.updated_at = services().clock.now()
            versions.keep(session, form)


def expect_crowd(form_id: str, until: datetime | None) -> None:
    """Lift the limit of people by network until then, or end that with None."""
    with write_transaction() as session:
        _locked(session, form_id).event_until = until


def delete(form_id: str) -> None:
    """Take a form away from visitors and lists; its sign-ups stay and are delivered.

    `restore` brings it back.
    """
    _mark(form_id, services().clock.now())


def restore(form_id: str) -> None:
    """Bring a deleted form back."""
    _mark(form_id, None)


def version_of(form: Form) -> str:
    """Return a text that is another one after each change."""
    return form.updated_at.isoformat()


def standing(form_id: str) -> Form | None:
    """Return the form, or None when there is none or it is deleted."""
    form = db.session.get(Form, form_id)
    if form is None or form.deleted_at is not None:
        return None
    return form


def consent_of(form: Form) -> str:
    """Return the consent sentence that is shown now."""
    return db.session.get_one(ConsentWording, form.consent_id).text


def _checked(draft: Draft) -> Draft:
    """Return the draft with its fields as the account knows them; raise `NotGood`."""
    fields = validation.completed(draft.fields, draft.account_id, draft.exactly)
    completed = replace(draft, fields=fields)
    if problems := validation.problems(completed):
        raise InvalidForm(problems)
    return completed


def _locked(session: Session, form_id: str) -> Form:
    return session.scalars(
        select(Form).where(Form.id == form_id).with_for_update()
    ).one()


def _mark(form_id: str, deleted_at: datetime | None) -> None:
    """Delete a form, or restore it where no time is given.

    `updated_at` changes with it, so that a press on a page that was shown before is not
    stored.
    """
    with write_transaction() as session:
        form = _locked(session, form_id)
        if bool(form.deleted_at) != bool(deleted_at):
            form.deleted_at = deleted_at
            form.updated_at = services().clock.now()
            versions.keep(session, form)


def _fill(form: Form, draft: Draft, now: datetime) -> None:
    for name in COPIED_COLUMNS:
        setattr(form, name, getattr(draft, name))
    form.updated_at = now
    form.offers_protection = False  # whoever saves it has seen the choices


def _add(session: Session, form: Form, consent: str, now: datetime) -> None:
    """Insert a form and its first wording.

    The two name each other, so the form goes first, without a wording.
    """
    form.consent_id = ""
    session.add(form)
    session.flush()
    form.consent_id = _wording(session, form.id, consent, now)
    versions.keep(session, form)


def _wording(session: Session, form_id: str, text: str, now: datetime) -> str:
    """Return the id of this wording, stored anew only when the text has changed."""
    newest = session.scalar(
        select(ConsentWording)
        .where(ConsentWording.form_id == form_id)
        .order_by(ConsentWording.version.desc())
        .limit(1)
    )
    version = 1
    if newest:
        if newest.text == text:
            return newest.id
        version = newest.version + 1
    wording = ConsentWording(
        id=new_id(),
        form_id=form_id,
        version=version,
        text=text,
        created_at=now,
    )
    session.add(wording)
    return wording.id


def _public_id() -> str:
    return "".join(secrets.choice(ID_LETTERS) for _letter in range(ID_LENGTH))
