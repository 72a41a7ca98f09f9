"""What tests of the visitor's page do again and again, and the sign-ups that came of it."""

from typing import Any

import pytest
from sqlalchemy import select

from app.accounts import facts
from app.accounts.models import Account
from app.database.session import db
from app.forms.models import Form
from app.signups.models import Signup
from tests.world import World, text_fields

BOTH_WAYS = pytest.mark.parametrize("embed", [False, True], ids=["hosted", "embedded"])


def asking(
    world: World, account: Account, required: bool = False, **values: Any
) -> Form:
    """A form that asks for everything a form can ask for."""
    custom = text_fields(account.id)[0]
    fields = [
        {"key": key, "label": key.replace("_", " ").capitalize(), "required": required}
        for key in (
            "first_name",
            "last_name",
            "phone_number",
            "company_name",
            "job_title",
        )
    ]
    fields.append(
        {
            "key": f"cf_{custom.custom_field_id}",
            "label": custom.label,
            "required": required,
            "custom_field_id": custom.custom_field_id,
        }
    )
    return world.form(account, fields=fields, **values)


def rows() -> list[Signup]:
    db.session.rollback()
    return list(db.session.scalars(select(Signup).order_by(Signup.created_at)))


def choosing(world: World) -> Form:
    account = world.account()
    lists = [
        {"list_id": item.list_id, "label": item.name}
        for item in facts.lists_of(account.id)[:3]
    ]
    return world.form(account, lists=lists, visitor_chooses=True)
