"""What admins corrected in sign-ups, field by field, for people to read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext
from sqlalchemy import select

from app.accounts.models import AccountList
from app.database.session import db
from app.forms.answer_text import differences, emptied
from app.forms.models import Form
from app.signups.clearing import cleared
from app.signups.models import Correction, Signup

Content = dict[str, Any]  # {"email": …, "body": …}
Change = tuple[str, str, str]  # label, old, new


@dataclass(frozen=True)
class CorrectionLine:
    """Who corrected what when."""

    at: datetime
    who: str
    changes: list[Change]

    @property
    def as_json(self) -> dict[str, Any]:
        changes = [
            {"field": label, "old": old, "new": new} for label, old, new in self.changes
        ]
        return {"at": self.at.isoformat(), "by": self.who, "changes": changes}


def changes(
    before: Content,
    after: Content,
    fields: list[dict[str, Any]],
    list_names: dict[str, str],
) -> list[Change]:
    """Return (label, old, new) of all that two contents have otherwise."""
    changed: list[Change] = []
    if before["email"] != after["email"]:
        label = gettext("Email address")
        changed.append((label, before["email"], after["email"]))
    changed += differences(before["body"], after["body"], fields)

    def lists_of(content: Content) -> str:
        ids = content["body"]["list_memberships"]
        return ", ".join(list_names.get(id, id) for id in ids)

    def cleared_by(content: Content) -> str:
        return ", ".join(emptied(cleared(content["body"]), fields))

    for label, words_of in (
        (gettext("Lists"), lists_of),
        (gettext("Left empty to clear it"), cleared_by),
    ):
        old, new = words_of(before), words_of(after)
        if old != new:
            changed.append((label, old, new))
    return changed


def list_names(account_id: str) -> dict[str, str]:
    """Name an account's lists by id, also those that are gone."""
    query = select(AccountList.list_id, AccountList.name).where(
        AccountList.account_id == account_id
    )
    return dict(db.session.execute(query).all())


def lines_of(ids: Iterable[str]) -> dict[str, list[CorrectionLine]]:
    """Return what was corrected in these sign-ups, the oldest first, by sign-up."""
    query = (
        select(Correction, Form.fields, Signup.account_id)
        .join(Signup, Signup.id == Correction.signup_id)
        .join(Form, Form.id == Signup.form_id)
        .where(Correction.signup_id.in_(list(ids)))
        .order_by(Correction.at, Correction.id)
    )
    lines: dict[str, list[CorrectionLine]] = {}
    names: dict[str, dict[str, str]] = {}
    for correction, fields, account_id in db.session.execute(query).all():
        if account_id not in names:
            names[account_id] = list_names(account_id)
        changed = changes(
            correction.before, correction.after, fields, names[account_id]
        )
        line = CorrectionLine(correction.at, correction.who, changed)
        lines.setdefault(correction.signup_id, []).append(line)
    return lines
