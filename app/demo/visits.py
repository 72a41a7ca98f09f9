"""Who visits which form when: invented, the same at every first start."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from werkzeug.wrappers import Response

from app.demo.people import Person
from app.forms.models import Form
from app.signups import view_counts

PAGES = (
    "https://www.example.com/",
    "https://www.example.com/news",
    "",
    "https://blog.example.org/summer",
)
PAGES_WEIGHTS = (4, 3, 2, 1)
FORMS_WEIGHTS = (0.5, 0.3, 0.2)  # shares of the sign-ups
MARGIN = timedelta(hours=1)  # at both ends without a visit


@dataclass(frozen=True)
class Visit:
    """Somebody who signs up, after the form was looked at `looks` times."""

    at: datetime
    form: Form
    person: Person
    page: str
    looks: int


def visits(
    forms: list[Form],
    people: Iterator[Person],
    begin: datetime,
    end: datetime,
    number: int,
) -> Iterator[Visit]:
    """Give so many visits in order of time, more of them towards the end."""
    dice = random.Random(11)
    span = (end - begin - 2 * MARGIN).total_seconds()
    seconds = sorted(span * dice.random() ** 0.8 for _ in range(number))
    for passed in seconds:
        yield Visit(
            at=begin + MARGIN + timedelta(seconds=passed),
            form=dice.choices(forms, FORMS_WEIGHTS)[0],
            person=next(people),
            page=dice.choices(PAGES, PAGES_WEIGHTS)[0],
            looks=dice.randrange(4, 18),
        )


def count(visit: Visit) -> None:
    """Count the looks and the press, at the time of the clock."""
    for _ in range(visit.looks):
        view_counts.looked(visit.form.id, visit.page, Response())
    view_counts.pressed(visit.form.id, visit.page)


def body_of(form: Form, person: Person) -> dict[str, object]:
    """Return what is sent to Constant Contact beside the address."""
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "list_memberships": [form.lists[0]["list_id"]],
    }
