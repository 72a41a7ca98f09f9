"""Admins are told once that a form is under attack, and nothing when it ends by itself."""

from datetime import timedelta

from sqlalchemy import insert, update

from app.accounts.models import Account
from app.database.session import write_transaction
from app.forms.models import Form
from app.signups.models import Tally
from app.stats import attacks, counts
from tests.mail.acting import ADA, round_of, subjects
from tests.mail.sink import Sink
from tests.world import ONE_DATABASE, PUBLIC_URL, World

SUBJECT = "Unusual activity on the form “Newsletter”"


def under_attack(world: World, form: Form, minutes: int = 10) -> None:
    """As intake marks a form: from now on, until some minutes from now."""
    now = world.clock.now()
    values = {"attack_since": now, "attack_until": now + timedelta(minutes=minutes)}
    with write_transaction() as session:
        session.execute(update(Form).where(Form.id == form.id).values(**values))


def test_each_attack_is_told_once_and_its_end_is_not(
    world: World, bakery: Account, sink: Sink
) -> None:
    form = world.form(bakery)
    round_of(world)
    assert subjects(sink) == []

    under_attack(world, form)
    round_of(world)
    round_of(world)
    world.clock.advance(minutes=30)
    round_of(world)
    under_attack(world, form)  # it comes and goes
    round_of(world)

    assert subjects(sink) == [(ADA, SUBJECT), ("bob@example.com", SUBJECT)]
    (mail, *_more) = sink.to(ADA)
    assert "This ends automatically." in mail.text
    assert f"{PUBLIC_URL}/forms/{form.id}/share" in mail.text

    world.clock.advance(hours=7)
    round_of(world)
    under_attack(world, form)
    round_of(world)

    assert len(sink.to(ADA)) == 2


@ONE_DATABASE
def test_the_numbers_are_of_the_attack_and_of_usual_days(
    world: World, bakery: Account
) -> None:
    form = world.form(bakery, confirmation="suspicious")
    today = counts.last_days(1)[0]
    with write_transaction() as session:
        session.execute(
            insert(Tally),
            [
                {"form_id": form.id, "day": today - timedelta(days=ago), "accepted": 72}
                for ago in range(1, 8)
            ],
        )
    for n in range(3):
        world.signup(form, f"a{n}@example.com")
    under_attack(world, form, minutes=60)
    world.clock.advance(minutes=50)
    world.signup(form, "late@example.com")

    seen = attacks.activity(world.again(form), world.clock.now())

    assert seen == attacks.Activity(number=4, minutes=60, usual=3, asks=True)


@ONE_DATABASE
def test_overview_and_form_say_it_and_lead_to_the_batch(
    world: World, bakery: Account
) -> None:
    form = world.form(bakery)
    admin = world.signed_in()
    quiet = admin.get("/").text + admin.get(f"/forms/{form.id}/share").text

    under_attack(world, form)
    pages = [admin.get("/").text, admin.get(f"/forms/{form.id}/share").text]
    world.clock.advance(hours=1)
    after = admin.get("/").text

    assert "Far more sign-ups than usual" not in quiet + after
    for page in pages:
        assert "Unusual activity on the form" in page
        assert "put on hold until things calm down" in page
        assert f"/signups?state=held&amp;form={form.id}&amp;signal=attack" in page
