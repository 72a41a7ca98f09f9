"""Making and changing a form: checked against the account's facts, every wording of consent kept."""

import secrets
import string
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import facts
from app.db import db, new_id, writing
from app.forms.fields import MOST_CUSTOM_FIELDS, MOST_LISTS, STANDARD
from app.forms.models import ConsentWording, Form
from app.ground import ground

ID_LETTERS = string.ascii_lowercase + string.digits


class NotGood(Exception):
    """The form cannot be saved; `problems` are sentences by part."""

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
    fields: list[dict[str, Any]]   # see `forms/fields.py`
    lists: list[dict[str, Any]]    # [{"list_id", "label", "always"?}]
    visitor_chooses: bool
    consent: str
    button: str
    success: str
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
    _check(draft)
    now, id = ground().clock.now(), _public_id()
    with writing() as session:
        form = Form(id=id, account_id=draft.account_id, created_at=now, consent_id="")
        _fill(form, draft, now)
        session.add(form)
        session.flush()
        form.consent_id = _wording(session, id, draft.consent, now)
    return id


def change(form_id: str, draft: Draft) -> None:
    """Save an existing form's new shape. Raises `NotGood`."""
    _check(draft)
    now = ground().clock.now()
    with writing() as session:
        form = session.scalars(select(Form).where(Form.id == form_id).with_for_update()).one()
        if form.account_id != draft.account_id:
            raise NotGood({"lists": _("The form went to another account while this page was open. Load it afresh.")})
        _fill(form, draft, now)
        form.consent_id = _wording(session, form_id, draft.consent, now)


def consent_of(form: Form) -> str:
    """The consent sentence shown now."""
    return db.session.get_one(ConsentWording, form.consent_id).text


def all_forms() -> list[Form]:
    return list(db.session.scalars(select(Form).order_by(Form.name)))


def _check(draft: Draft) -> None:
    problems: dict[str, str] = {}
    existing = {item.list_id for item in facts.lists_of(draft.account_id)}
    known = {item.custom_field_id for item in facts.text_fields_of(draft.account_id)}
    chosen = [item["list_id"] for item in draft.lists]
    if not 1 <= len(chosen) <= MOST_LISTS:
        problems["lists"] = _("Choose between 1 and %(most)s lists.", most=MOST_LISTS)
    if set(chosen) - existing:
        problems["lists"] = _("One of the lists no longer exists in the account.")
    custom = [item["custom_field_id"] for item in draft.fields if item.get("custom_field_id")]
    if set(custom) - known or len(custom) > MOST_CUSTOM_FIELDS:
        problems["fields"] = _("One of the custom fields no longer exists in the account.")
    if any(not item.get("custom_field_id") and item["key"] not in STANDARD for item in draft.fields):
        problems["fields"] = _("One of the fields is not known.")
    if problems:
        raise NotGood(problems)


def _fill(form: Form, draft: Draft, now: datetime) -> None:
    for part in fields(draft):
        if part.name not in ("account_id", "consent"):
            setattr(form, part.name, getattr(draft, part.name))
    form.updated_at = now


def _wording(session: Session, form_id: str, text: str, now: datetime) -> str:
    """The id of this wording, made new only when the words changed."""
    newest = session.scalar(select(ConsentWording).where(ConsentWording.form_id == form_id)
                            .order_by(ConsentWording.version.desc()).limit(1))
    if newest and newest.text == text:
        return newest.id
    version = 1 + (session.scalar(select(func.max(ConsentWording.version))
                                  .where(ConsentWording.form_id == form_id)) or 0)
    wording = ConsentWording(id=new_id(), form_id=form_id, version=version, text=text, created_at=now)
    session.add(wording)
    return wording.id


def _public_id() -> str:
    return "".join(secrets.choice(ID_LETTERS) for _unused in range(10))
