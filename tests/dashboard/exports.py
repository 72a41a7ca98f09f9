"""Exports as a reader of CSV sees them, and sign-ups to fill them."""

import csv
import io
from datetime import timedelta
from typing import Any

from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import insert

from app.auth.models import User
from app.dashboard import search as signup_search
from app.dashboard.signups import export_walk
from app.dashboard.signups.export import COLUMNS, Export
from app.dashboard.signups.export_columns import table_of
from app.database.session import db, new_id, write_transaction
from app.services import services
from app.signups.models import Signup, SignupState
from tests.world import World


def lines_of(browser: FlaskClient, query: str = "") -> list[dict[str, str]]:
    answer = browser.get(f"/signups.csv?{query}")
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert {len(line) for line in read} == {len(read[0])}
    return [dict(zip(read[0], line, strict=True)) for line in read[1:]]


# -- streamed


def many(world: World, number: int) -> None:
    form, now = world.form(world.account()), world.clock.now()
    rows = [
        {
            "id": new_id(),
            "form_id": form.id,
            "account_id": form.account_id,
            "email": f"zoe{n % 7}@example.com",
            "consent_id": form.consent_id,
            "press_id": f"{n}",
            "person": f"zoe{n % 7}@example.com",
            "body": {"first_name": "Zoë" * 16},
            "host_page": "",
            "state": SignupState.DELIVERED,
            "attempts": 1,
            "reason": "created",
            "may_resubscribe": False,
            # forty of each moment
            "created_at": now - timedelta(minutes=n // 40),
        }
        for n in range(number)
    ]
    with write_transaction() as session:
        session.execute(insert(Signup), rows)


def somebody() -> str:
    """The id of a user, made now."""
    user_id = new_id()
    with write_transaction() as session:
        session.add(
            User(
                id=user_id,
                email=f"{user_id}@example.com",
                fs_uniquifier=user_id,
                created_at=services().clock.now(),
            )
        )
    return user_id


def exporting(search: signup_search.Search, **values: Any) -> Export:
    now = services().clock.now()
    number, forms = export_walk.survey(search, now)
    db.session.rollback()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    return Export(
        app,
        "en",
        somebody(),
        "127.0.0.1",
        number,
        export_walk.Walk(search, now, COLUMNS),
        table_of(forms, services().clock.now().tzinfo),
        marks_end=True,
        **values,
    )
