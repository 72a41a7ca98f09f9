"""A sign-up whose address an admin corrected: the new address is asked, and the link in
the mail to the old one says nothing about it.
"""

from sqlalchemy import select, update

from app.database.session import db, write_transaction
from app.delivery import correction
from app.forms.models import Form
from app.signups import people
from app.signups.models import BlockedAddress, Signup
from tests.confirmation.acting import link_to, sign_up, state_of, work
from tests.mail.sink import Sink
from tests.world import World

OLD, NEW = "zoe@example.com", "zoe.miller@example.com"


def test_the_new_address_confirms_and_the_old_one_cannot(
    world: World, sink: Sink, form: Form
) -> None:
    row, visitor = sign_up(world, form, OLD), world.app.test_client()
    work()
    old_link = link_to(sink, OLD)
    with write_transaction() as session:
        held = {"state": "held", "reason": "suspicious", "due_at": None}
        session.execute(update(Signup).where(Signup.id == row.id).values(**held))
    row = world.again(row)

    result = correction.correct(
        row.id, correction.version_of(row), NEW, row.body, "ann@example.com"
    )
    work()
    pressed = [visitor.post(old_link), visitor.post(f"{old_link}/not-me")]
    after_the_old_link = state_of(world, row)
    visitor.post(link_to(sink, NEW))
    work()

    assert result == correction.Corrected.ASKED
    assert [answer.status_code for answer in pressed] == [303, 303]
    assert after_the_old_link[0] == "confirming"
    row = world.again(row)
    assert (row.state, row.email) == ("delivered", NEW)
    blocked = db.session.scalars(select(BlockedAddress.person)).all()
    assert blocked == [people.hash_of(OLD)]
