"""Claiming a sign-up beside few and beside many delivered rows."""

import statistics
import time
from uuid import uuid4

from sqlalchemy import insert

from app.database.session import new_id, write_transaction
from app.delivery import claims
from app.forms.models import Form
from app.signups.models import Signup, SignupState
from tests.bench.accepting import accept
from tests.bench.place import ROUNDS, an_account_with_a_form, place
from tests.world import SharedClock

MANY = 50_000


def main() -> None:
    with place():
        _, form = an_account_with_a_form()
        for _ in range(ROUNDS * 40):
            accept(form)
        _deliver_all()
        few = _time_of_claims(form)
        _many_delivered(form)
        many = _time_of_claims(form)
    print(
        f"{f'claim beside {MANY:,} delivered rows':34} {many:8.3f} ms  "
        f" {many / few:6.2f} x the same beside few ({few:.3f} ms)"
    )


def _time_of_claims(form: Form) -> float:
    taken = []
    for _ in range(ROUNDS):
        accept(form)
        began = time.perf_counter()
        job = claims.claim(SharedClock().now())
        taken.append((time.perf_counter() - began) * 1000)
        assert job
    _deliver_all()
    return statistics.median(taken)


def _deliver_all() -> None:
    with write_transaction() as session:
        session.execute(
            Signup.__table__.update().values(state=SignupState.DELIVERED, due_at=None)
        )


def _many_delivered(form: Form) -> None:
    now = SharedClock().now()
    rows = [
        {
            "id": new_id(),
            "form_id": form.id,
            "account_id": form.account_id,
            "consent_id": form.consent_id,
            "press_id": uuid4().hex,
            "email": f"{n}@example.com",
            "person": f"{n}@example.com",
            "body": {},
            "host_page": "",
            "created_at": now,
            "state": SignupState.DELIVERED,
            "attempts": 1,
        }
        for n in range(MANY)
    ]
    with write_transaction() as session:
        session.execute(insert(Signup), rows)
