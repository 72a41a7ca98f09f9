"""A form's results: some days, the same number before, and a file of them."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from app.database.session import write_transaction
from app.forms.models import Form, FormView
from tests.dashboard.reading import text_of
from tests.world import ONE_DATABASE, SharedClock, World

pytestmark = ONE_DATABASE


@pytest.fixture
def seen(world: World) -> Iterator[Form]:
    """A form seen and used on three days."""
    form = world.form(world.account(), name="=1+1")
    for moment, views, signups in (
        ("2027-05-10T12:00", 40, 4),
        ("2027-06-20T12:00", 20, 1),
        ("2027-07-01T12:00", 30, 3),
    ):
        now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        SharedClock.simulators.advance(now.timestamp() - SharedClock.simulators.now())
        with write_transaction() as session:
            session.add(
                FormView(
                    form_id=form.id,
                    day=now.date(),
                    host_page="https://a.example/",
                    views=views,
                    signups=signups,
                )
            )
        for number in range(signups):
            world.signup(form, f"zoe{number}-{now:%m%d}@example.com")
    yield form
    SharedClock.reset()


@pytest.mark.parametrize(
    ("query", "title", "views", "signups", "rate"),
    [
        ("", "Last 30 days", "50 40 before · +25%", "4 4 before · no change", "8%"),
        ("?days=7", "Last 7 days", "30 20 before · +50%", "3 1 before · +200%", "10%"),
        ("?days=90", "Last 90 days", "90 0 before · none before", "8 0", "9%"),
        (
            "?from=2027-06-20&to=2027-06-21",
            "Jun 20 to Jun 21",
            "20 0 before",
            "1 0 before",
            "5%",
        ),
        ("?from=2027-06-25&to=2027-06-20", "Jun 20 to Jun 20", "20 0", "1 0", "5%"),
        ("?from=nonsense&days=8", "Last 30 days", "50 40", "4 4", "8%"),
        ("?from=0001-01-01", "Last 30 days", "50 40", "4 4", "8%"),
    ],
)
def test_the_days_are_chosen_and_compared_with_as_many_before(
    seen: Form,
    admin: FlaskClient,
    query: str,
    title: str,
    views: str,
    signups: str,
    rate: str,
) -> None:
    page = text_of(admin.get(f"/forms/{seen.id}/results{query}").text)

    assert title in page
    assert f"Views {views}" in page
    assert f"Sign-ups {signups}" in page
    assert f"Conversion rate {rate}" in page


def test_the_days_are_a_file_with_a_line_for_each_that_no_spreadsheet_computes(
    seen: Form, admin: FlaskClient
) -> None:
    answer = admin.get(f"/forms/{seen.id}/results.csv?from=2027-06-20&to=2027-07-01")
    lines = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))

    assert answer.mimetype == "text/csv"
    assert (
        f'filename="results-{seen.id}-2027-06-20-2027-07-01.csv"'
        in (answer.headers["Content-Disposition"])
    )
    assert len(lines) == 12
    assert {line["Form"] for line in lines} == {"'=1+1"}
    assert [(line["Day"], line["Views"], line["Sign-ups"]) for line in lines][::11] == [
        ("2027-06-20", "20", "1"),
        ("2027-07-01", "30", "3"),
    ]


def test_a_range_is_a_year_at_most(seen: Form, admin: FlaskClient) -> None:
    answer = admin.get(f"/forms/{seen.id}/results.csv?from=2001-01-01&to=2027-07-01")

    assert len(answer.text.splitlines()) == 1 + 366
