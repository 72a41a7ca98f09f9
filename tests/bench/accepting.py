"""Accepting a sign-up, beside one durable row."""

from uuid import uuid4

from sqlalchemy import insert

from app.database.session import new_id, write_transaction
from app.delivery.models import Heartbeat
from app.forms.models import Form
from app.signups import intake
from tests.bench.place import an_account_with_a_form, compare, place
from tests.world import SharedClock


def main() -> None:
    with place():
        _, form = an_account_with_a_form()
        compare("accept a sign-up", lambda: accept(form), _one_row, "one durable row")


def accept(form: Form) -> None:
    email = f"{uuid4().hex[:12]}@example.com"
    intake.accept(
        form,
        intake.Answers(email, {"list_memberships": [new_id()]}, uuid4().hex, ""),
    )


def _one_row() -> None:
    with write_transaction() as session:
        session.execute(
            insert(Heartbeat).values(worker=uuid4().hex, seen_at=SharedClock().now())
        )
