"""How often forms are looked at, begun, pressed and so on: numbers by day, gathered in
memory, written now and then. Looks and sign-ups are counted by host page too.

No visitor is told from another and nothing of one is stored: who looks twice counts
twice. A process that is killed loses what it gathered within the last seconds; sign-ups
themselves are counted in their own transaction (`intake`).
"""

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from flask import current_app
from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from app.core.logs import log
from app.database.raw import storing
from app.database.session import UNUSABLE, Model, insert
from app.forms.models import FormDay, FormView
from app.services import services
from app.signups.intake import day_of

WRITTEN_EVERY = 10.0  # seconds
MAX_GATHERED = 100_000
MAX_PAGE = 200  # characters of a host page's address
# of a form and day; those that come later are counted together, as OTHER
MAX_PAGES = 50
OTHER = "*"

# what is counted by host page, and what only by day
OF_PAGES, OF_DAYS = ("views", "signups"), ("begun", "turned_away", "held")

VIEW = cast(Table, FormView.__table__)
Seen = tuple[str, date, str, str]  # form, day, host page, what
Key = tuple[str, date, str]  # form, day, host page


@dataclass
class _Gathered:
    """What this process has seen since it last wrote.

    Threads add and take without a lock: a deque allows that.
    """

    seen: deque[tuple[str, datetime, str, str]] = field(
        default_factory=lambda: deque(maxlen=MAX_GATHERED)
    )
    write_at: float = 0.0  # by the monotonic clock


def looked(form_id: str, host_page: str, response: Response) -> None:
    """Somebody was shown the form."""
    _gather(form_id, host_page, "views")
    _write_afterwards(response)


def pressed(form_id: str, host_page: str, response: Response | None = None) -> None:
    """A sign-up was stored."""
    _gather(form_id, host_page, "signups")
    if response:
        _write_afterwards(response)


def begun(form_id: str, response: Response) -> None:
    """Somebody began to fill in the form."""
    _gather(form_id, "", "begun")
    _write_afterwards(response)


def turned_away(form_id: str, response: Response) -> None:
    """A press was not taken: the page came back with all that was typed."""
    _gather(form_id, "", "turned_away")
    _write_afterwards(response)


def held(form_id: str, response: Response) -> None:
    """A sign-up was stored, and an admin decides about it."""
    _gather(form_id, "", "held")
    _write_afterwards(response)


def write() -> None:
    """Write what was gathered; while the database cannot be written it stays for the
    next time.
    """
    waiting = _gathered().seen
    batch = []
    while waiting:
        batch.append(waiting.popleft())
    if not batch:
        return
    try:
        with storing() as connection:
            _add(connection, batch)
    except IntegrityError:
        log.warning("views_of_no_form", number=len(batch))  # it was deleted by hand
    except UNUSABLE as error:
        log.warning("views_not_written", error=type(error).__name__)
        waiting.extendleft(reversed(batch))


def _gathered() -> _Gathered:
    gathered: _Gathered = current_app.extensions.setdefault(
        "latchkey.views", _Gathered()
    )
    return gathered


def _gather(form_id: str, host_page: str, what: str) -> None:
    _gathered().seen.append(
        (form_id, services().clock.now(), host_page[:MAX_PAGE], what)
    )


def _write_afterwards(response: Response) -> None:
    """Write when it is time again, and once the visitor has been answered."""
    gathered, now = _gathered(), time.monotonic()
    if now < gathered.write_at:
        return
    gathered.write_at = now + WRITTEN_EVERY
    app = cast(Any, current_app)._get_current_object()

    def write_in_context() -> None:
        with app.app_context():
            write()

    response.call_on_close(write_in_context)


def _add(connection: Connection, batch: list[tuple[str, datetime, str, str]]) -> None:
    seen = [(form_id, day_of(at), page, what) for form_id, at, page, what in batch]
    _add_of_pages(connection, [each for each in seen if each[3] in OF_PAGES])
    _add_of_days(connection, [each for each in seen if each[3] in OF_DAYS])


def _add_of_pages(connection: Connection, seen: list[Seen]) -> None:
    counts: dict[Key, dict[str, int]] = {}
    known_pages = _known_pages(
        connection, {(form_id, day) for form_id, day, _page, _what in seen}
    )
    for form_id, day, host_page, what in seen:
        pages = known_pages[form_id, day]
        counted_page = host_page
        if host_page not in pages and len(pages) >= MAX_PAGES:
            counted_page = OTHER
        pages.add(counted_page)
        key = (form_id, day, counted_page)
        count = counts.setdefault(key, dict.fromkeys(OF_PAGES, 0))
        count[what] += 1
    # in order: no deadlocks
    rows = [
        {"form_id": form_id, "day": day, "host_page": page, **count}
        for (form_id, day, page), count in sorted(counts.items())
    ]
    _upsert(connection, FormView, ("form_id", "day", "host_page"), OF_PAGES, rows)


def _add_of_days(connection: Connection, seen: list[Seen]) -> None:
    counts: dict[tuple[str, date], dict[str, int]] = {}
    for form_id, day, _page, what in seen:
        count = counts.setdefault((form_id, day), dict.fromkeys(OF_DAYS, 0))
        count[what] += 1
    rows = [
        {"form_id": form_id, "day": day, **count}
        for (form_id, day), count in sorted(counts.items())
    ]
    _upsert(connection, FormDay, ("form_id", "day"), OF_DAYS, rows)


def _upsert(
    connection: Connection,
    model: type[Model],
    key: tuple[str, ...],
    names: tuple[str, ...],
    rows: list[dict[str, Any]],
) -> None:
    """Add numbers to those that stand under the same key."""
    if not rows:
        return
    new, columns = insert(model), model.__table__.c
    more = new.on_conflict_do_update(
        index_elements=key,
        set_={name: columns[name] + new.excluded[name] for name in names},
    )
    connection.execute(more, rows)


def _known_pages(
    connection: Connection, of: set[tuple[str, date]]
) -> dict[tuple[str, date], set[str]]:
    known: dict[tuple[str, date], set[str]] = {key: set() for key in of}
    rows = connection.execute(
        select(VIEW.c.form_id, VIEW.c.day, VIEW.c.host_page).where(
            VIEW.c.form_id.in_({form_id for form_id, _day in of}),
            VIEW.c.day.in_({day for _form_id, day in of}),
        )
    )
    for form_id, day, host_page in rows:
        known.get((form_id, day), set()).add(host_page)
    return known
