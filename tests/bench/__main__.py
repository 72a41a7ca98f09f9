"""The benchmarks: each against a yardstick in the same run, printed as a ratio. `make bench`.

Machines are noisy: both sides run in turns, and the medians are compared.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import insert, select

from app import create_app
from app.accounts import tokens
from app.accounts.models import Account, TokenSet
from app.constant_contact.oauth import Tokens
from app.db import db, new_id, writing
from app.delivery import claims
from app.delivery.models import Heartbeat
from app.forms.models import ConsentWording, Form
from app.signups import intake
from app.signups.models import Signup, State
from tests.conftest import test_settings
from tests.world import SharedClock

ROUNDS, CALLS = 15, 40


def compare(name: str, ours: Callable[[], object], yardstick: Callable[[], object], what: str) -> None:
    """Both in turns; print the ratio of the medians."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for side, call in enumerate((ours, yardstick)):
            start = time.perf_counter()
            for _ in range(CALLS):
                call()
            times[side].append((time.perf_counter() - start) / CALLS * 1000)
    mine, theirs = map(statistics.median, times)
    print(f"{name:34} {mine:8.3f} ms   {mine / theirs:6.2f} x {what} ({theirs:.3f} ms)")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(test_settings(f"sqlite:///{folder}/bench.db", "http://127.0.0.1:9", Path(folder)),
                         SharedClock())
        with app.app_context():
            account, form = _house()
            _accepting(form)
            _tokens(account)
            _claiming(form)
            db.session.remove()
            db.engine.dispose()


def _accepting(form: Form) -> None:
    def one_row() -> None:
        with writing() as session:
            session.execute(insert(Heartbeat).values(worker=uuid4().hex, seen_at=SharedClock().now()))

    compare("accept a sign-up", lambda: _accept(form), one_row, "one durable row")


def _tokens(account: str) -> None:
    def one_select() -> None:
        db.session.execute(select(TokenSet).where(TokenSet.id == held)).one()
        db.session.rollback()

    held = db.session.scalars(select(TokenSet.id)).one()
    compare("fresh_token, nothing due", lambda: tokens.fresh_token(account), one_select, "one primary-key SELECT")


def _claiming(form: Form) -> None:
    """The same claim beside few and beside many delivered rows."""
    _deliver_all()
    few = _time_of_claims(form)
    _many_delivered(form, 50_000)
    many = _time_of_claims(form)
    print(f"{'claim beside 50,000 delivered rows':34} {many:8.3f} ms   {many / few:6.2f} x the same beside few "
          f"({few:.3f} ms)")


def _time_of_claims(form: Form) -> float:
    taken = []
    for _ in range(ROUNDS):
        _accept(form)
        start = time.perf_counter()
        job = claims.claim(SharedClock().now())
        taken.append((time.perf_counter() - start) * 1000)
        assert job
    _deliver_all()
    return statistics.median(taken)


def _accept(form: Form) -> None:
    email = f"{uuid4().hex[:12]}@example.com"
    intake.accept(form, intake.Answers(email, {"list_memberships": [new_id()]}, uuid4().hex, "", False))


def _deliver_all() -> None:
    with writing() as session:
        session.execute(Signup.__table__.update().values(state=State.DELIVERED, due_at=None))


def _many_delivered(form: Form, number: int) -> None:
    now = SharedClock().now()
    rows = [{"id": new_id(), "form_id": form.id, "account_id": form.account_id, "consent_id": form.consent_id,
             "press_id": uuid4().hex, "email": f"{n}@example.com", "person": f"{n}@example.com", "body": {},
             "host_page": "", "created_at": now, "state": State.DELIVERED, "attempts": 1} for n in range(number)]
    with writing() as session:
        session.execute(insert(Signup), rows)


def _house() -> tuple[str, Form]:
    now, account, wording = SharedClock().now(), new_id(), new_id()
    with writing() as session:
        session.add(Account(id=account, provider_id="bench", name="Bench", created_at=now, connected_at=now))
        session.flush()
        tokens.store_grant(session, account, Tokens("x" * 1100, "y" * 43, ("contact_data",), timedelta(days=1)), now)
        form = Form(id="bench", account_id=account, name="Bench", heading="Bench", button="Go", success="Thanks",
                    fields=[], lists=[], consent_id=wording, created_at=now, updated_at=now)
        session.add(form)
        session.flush()
        session.add(ConsentWording(id=wording, form_id="bench", version=1, text="Yes", created_at=now))
    return account, db.session.get_one(Form, "bench")


if __name__ == "__main__":
    main()
