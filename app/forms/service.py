"""Making and changing a form: checked against the account's facts, every wording of
consent kept.
"""

import secrets
import string
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.session import db, new_id, write_transaction
from app.forms import validation
from app.forms.models import ConsentWording, Form
from app.services import services

ID_LETTERS = string.ascii_lowercase + string.digits


class InvalidForm(Exception):
    """The form cannot be saved; `problems` are sentences by part, see `checks`."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Draft:
    """What an admin wants a form to be."""

    account_id: str
    name: str
    heading: str
    intro: str
    # see `forms/fields.py`; what is known of custom fields is filled in
    fields: list[dict[str, Any]]
    lists: list[dict[str, Any]]  # [{"list_id", "label", "always"?}]
    visitor_chooses: bool
    consent: str
    button: str
    success: str
    exactly: bool = False  # contacts are updated exactly, by two calls
    open: bool = True
    draft: bool = False
    theme: dict[str, Any] = field(default_factory=dict)
    privacy_url: str = ""
    redirect_url: str = ""
    sites: list[str] = field(default_factory=list)
    closes_at: datetime | None = None
    closed_words: str = ""


def create(draft: Draft) -> str:
    """Save a new form; return its public id. Raises `NotGood`."""
    draft = _checked(draft)
    now, id = services().clock.now(), _public_id()
    with write_transaction() as session:
        form = Form(id=id, account_id=draft.account_id, created_at=now, consent_id="")
        _fill(form, draft, now)
        session.add(form)
        session.flush()
        form.consent_id = _wording(session, id, draft.consent, now)
    return id


def change(form_id: str, draft: Draft, seen: str = "") -> None:
    """Save an existing form's new shape.

    Raises `NotGood`, also when its `version_of` is not the one that was seen.
    """
    draft = _checked(draft)
    now = services().clock.now()
    with write_transaction() as session:
        form = _locked(session, form_id)
        if form.account_id != draft.account_id:
            raise InvalidForm(
                {
                    "lists": _(
                        "The form went to another account while this page was open."
                        " Load it afresh."
                    )
                }
            )
        if form.deleted_at:
            raise InvalidForm(
                {
                    "seen": _(
                        "The form was deleted while this page was open. Bring it back"
                        " under Forms, then save here."
                    )
                }
            )
        if seen not in ("", version_of(form)):
            raise InvalidForm(
                {
                    "seen": _(
                        "Somebody else changed the form while this page was open. Save"
                        " once more to replace what they did, or open it in another"
                        " window first to compare."
                    )
                }
            )
        _fill(form, draft, now)
        form.consent_id = _wording(session, form_id, draft.consent, now)


def duplicate(form_id: str) -> str:
    """Save a copy as a draft; return its public id.

    What its account no longer has is copied too, and told there.
    """
    now, id = services().clock.now(), _public_id()
    with write_transaction() as session:
        old = _locked(session, form_id)
        copy = Form(
            id=id,
            account_id=old.account_id,
            created_at=now,
            updated_at=now,
            consent_id="",
        )
        for name in (
            part.name
            for part in fields(Draft)
            if part.name not in ("account_id", "consent")
        ):
            setattr(copy, name, getattr(old, name))
        copy.name = _("Copy of %(name)s", name=old.name)[:120]
        copy.open, copy.draft, copy.closes_at = False, True, None
        session.add(copy)
        session.flush()
        copy.consent_id = _wording(
            session, id, session.get_one(ConsentWording, old.consent_id).text, now
        )
    return id


def delete(form_id: str) -> None:
    """Take a form away from visitors and lists; its sign-ups stay and are delivered.

    `restore` brings it back.
    """
    _mark(form_id, services().clock.now())


def restore(form_id: str) -> None:
    _mark(form_id, None)


def version_of(form: Form) -> str:
    """Another text after each change."""
    return form.updated_at.isoformat()


def standing(form_id: str) -> Form | None:
    """The form; None when there is none or it is deleted."""
    form = db.session.get(Form, form_id)
    return form if form and form.deleted_at is None else None


def consent_of(form: Form) -> str:
    """The consent sentence shown now."""
    return db.session.get_one(ConsentWording, form.consent_id).text


def all_forms() -> list[Form]:
    """Those that are not deleted, by name."""
    return list(
        db.session.scalars(
            select(Form).where(Form.deleted_at.is_(None)).order_by(Form.name)
        )
    )


def _checked(draft: Draft) -> Draft:
    """The draft with its fields as their account knows them now. Raises `NotGood`."""
    whole = replace(
        draft,
        fields=validation.completed(draft.fields, draft.account_id, draft.exactly),
    )
    if problems := validation.problems(whole):
        raise InvalidForm(problems)
    return whole


def _locked(session: Session, form_id: str) -> Form:
    return session.scalars(
        select(Form).where(Form.id == form_id).with_for_update()
    ).one()


def _mark(form_id: str, deleted_at: datetime | None) -> None:
    """A change of `updated_at` keeps a press on a page that was shown before from being
    stored.
    """
    with write_transaction() as session:
        form = _locked(session, form_id)
        if bool(form.deleted_at) != bool(deleted_at):
            form.deleted_at, form.updated_at = deleted_at, services().clock.now()


def _fill(form: Form, draft: Draft, now: datetime) -> None:
    for part in fields(draft):
        if part.name not in ("account_id", "consent"):
            setattr(form, part.name, getattr(draft, part.name))
    form.updated_at = now


def _wording(session: Session, form_id: str, text: str, now: datetime) -> str:
    """The id of this wording, made new only when the words changed."""
    newest = session.scalar(
        select(ConsentWording)
        .where(ConsentWording.form_id == form_id)
        .order_by(ConsentWording.version.desc())
        .limit(1)
    )
    if newest and newest.text == text:
        return newest.id
    version = 1 + (
        session.scalar(
            select(func.max(ConsentWording.version)).where(
                ConsentWording.form_id == form_id
            )
        )
        or 0
    )
    wording = ConsentWording(
        id=new_id(), form_id=form_id, version=version, text=text, created_at=now
    )
    session.add(wording)
    return wording.id


def _public_id() -> str:
    return "".join(secrets.choice(ID_LETTERS) for _unused in range(10))
