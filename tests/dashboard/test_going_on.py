"""What a form's pages say of its days: a crowd that is expected, and numbers by day."""

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import insert

from app.database.session import write_transaction
from app.forms.models import FormDay, FormView
from app.signups.models import SignupState
from app.stats import counts, form_days, rollup
from tests.dashboard.reading import text_of
from tests.world import World, csrf_of


def test_an_admin_expects_a_crowd_for_a_day_and_ends_it(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    address = f"/forms/{form.id}/share"
    csrf = {"csrf_token": csrf_of(admin.get(address).text)}
    before = form.updated_at

    admin.post(f"/forms/{form.id}/event", data=csrf)
    until = world.again(form).event_until
    page = text_of(admin.get(address).text)
    admin.post(f"/forms/{form.id}/event/end", data=csrf)
    ended = world.again(form)

    lasts = until - world.clock.now()
    assert timedelta(hours=23, minutes=59) < lasts <= timedelta(hours=24)
    assert "A crowd is expected" in page
    assert "Expect a crowd today" not in page
    assert (ended.event_until, ended.updated_at) == (None, before)
    assert "Expect a crowd today" in text_of(admin.get(address).text)


def test_a_crowd_ends_by_itself_and_a_viewer_starts_none(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    address = f"/forms/{form.id}/share"
    viewer = world.signed_in("viewer")
    csrf = {"csrf_token": csrf_of(admin.get(address).text)}
    admin.post(f"/forms/{form.id}/event", data=csrf)

    told = text_of(viewer.get(address).text)
    world.clock.advance(hours=25)
    after = text_of(viewer.get(address).text)

    assert "A crowd is expected" in told
    assert "End it now" not in told
    assert "A crowd is expected" not in after
    assert "Expect a crowd today" not in after


def test_results_tell_each_step_and_what_protection_did_day_by_day(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    today = counts.last_days(1)[0]
    long_ago = today - timedelta(days=40)
    day = {"form_id": form.id, "day": today}
    numbers = {"begun": 9, "turned_away": 2, "held": 3, "asked": 4, "confirmed": 1}
    with write_transaction() as session:
        session.execute(insert(FormView), [{**day, "host_page": "", "views": 20}])
        session.execute(
            insert(FormDay), [{**day, **numbers}, {**day, **numbers, "day": long_ago}]
        )
    for n in range(3):
        world.signup(form, f"a{n}@example.com", state=SignupState.DELIVERED)

    uncounted = form_days.of(form.id, today, today)[today].delivered
    rollup.fold(world.clock.now(), least=1)
    world.signup(form, "b@example.com", state=SignupState.DELIVERED)
    page = admin.get(f"/forms/{form.id}/results").text

    steps = re.findall(
        r"<dt>([^<]+)(?:(?!<dt>).)*?funnel-number\">(?:<a[^>]*>)?(\d+)", page, re.S
    )
    assert uncounted == 3
    assert [(label.strip(), int(number)) for label, number in steps][-6:] == [
        ("Viewed", 20),
        ("Started", 9),
        ("Signed up", 4),
        ("Asked to confirm", 4),
        ("Confirmed", 1),
        ("Delivered", 4),
    ]
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.S)
    assert sum("Turned away" in row and "<td" in row for row in rows) == 1
