"""What tests of confirmations do again and again."""

import re
from typing import Any

from sqlalchemy import select, update

from app.accounts.models import Account
from app.confirmation import asking
from app.confirmation.models import ConfirmationLink
from app.database.session import db, write_transaction
from app.forms.models import Form, FormDay
from app.mail import sender
from app.signups.models import Signup, SignupEvent
from app.worker import runner
from tests.mail.sink import Sink
from tests.world import PUBLIC_URL, World

ZOE = "zoe@example.com"


def form_with(world: World, account: Account, **values: Any) -> Form:
    """A form with these columns, whatever the builder says of them."""
    columns = {
        name: values.pop(name)
        for name in list(values)
        if name.startswith(("confirm", "known", "reminds"))
    }
    form = world.form(account, **values)
    if columns:
        change(form, **columns)
    return world.again(form)  # type: ignore[no-any-return]


def change(form: Form, **columns: Any) -> None:
    with write_transaction() as session:
        session.execute(update(Form).where(Form.id == form.id).values(columns))


def sign_up(world: World, form: Form, email: str = ZOE, **typed: str) -> Signup:
    """Press the button of the form's page; return the newest row."""
    answer = world.press(world.app.test_client(), form, email_address=email, **typed)
    assert answer.status_code == 303, answer.text
    db.session.rollback()
    return db.session.scalars(
        select(Signup).order_by(Signup.created_at.desc()).limit(1)
    ).one()


def work() -> None:
    """All that workers do about what is due: people are asked, mails and sign-ups go."""
    while asking.step() or sender.send_one() or runner.step():
        pass


def link_to(sink: Sink, email: str = ZOE) -> str:
    """The path of the link in the newest mail to somebody."""
    text = sink.to(email)[-1].text
    found = re.search(rf"{re.escape(PUBLIC_URL)}(/confirm/[\w-]+)\n", text)
    assert found, text
    return found[1]


def events(row: Signup) -> list[str]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(SignupEvent.what)
            .where(SignupEvent.signup_id == row.id)
            .order_by(SignupEvent.at)
        )
    )


def event(row: Signup, what: str) -> SignupEvent:
    db.session.rollback()
    return db.session.scalars(
        select(SignupEvent).where(
            SignupEvent.signup_id == row.id, SignupEvent.what == what
        )
    ).one()


def links() -> list[ConfirmationLink]:
    db.session.rollback()
    db.session.expire_all()
    return list(
        db.session.scalars(
            select(ConfirmationLink).order_by(ConfirmationLink.created_at)
        )
    )


def state_of(world: World, row: Signup) -> tuple[str, str | None]:
    row = world.again(row)
    return row.state, row.reason


def numbers(form: Form) -> tuple[int, int]:
    """(asked, confirmed) of a form on all days."""
    db.session.rollback()
    rows = db.session.scalars(select(FormDay).where(FormDay.form_id == form.id)).all()
    return sum(row.asked for row in rows), sum(row.confirmed for row in rows)
