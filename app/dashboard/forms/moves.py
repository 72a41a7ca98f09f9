"""Press a button beside a field of the builder: move it, remove it, bring it back.

The buttons are `up:key`, `down:key`, `remove:key`, `undo:key` and `add:`; `drop:key`
says that a row was dragged to where it is now.
"""

from dataclasses import dataclass

from flask_babel import gettext

from app.dashboard.forms.fields import Possible, Row


@dataclass
class Arranged:
    """The fields after a press: those asked, and those that can be brought back."""

    rows: list[Row]
    removed: list[Row]
    look_at: str = ""  # the key of the row to look at next
    announcement: str = ""


def moved(arranged: Arranged, how: str, possible: Possible, wanted: str) -> Arranged:
    """Return the fields after this press; `wanted` is the key that `add:` adds."""
    what, _colon, key = how.partition(":")
    if what == "add":
        return _added(arranged, possible, wanted)
    if what == "undo":
        return _brought_back(arranged, key)
    keys = [row.key for row in arranged.rows]
    if key not in keys:
        return arranged
    place = keys.index(key)
    if what == "remove":
        return _without(arranged, place)
    step = {"up": -1, "down": 1}.get(what, 0)
    row = arranged.rows.pop(place)
    return _placed(arranged, row, max(0, place + step))


def _added(arranged: Arranged, possible: Possible, wanted: str) -> Arranged:
    if wanted in [row.key for row in arranged.removed]:
        return _brought_back(arranged, wanted)
    if not possible.knows(wanted) or wanted in [row.key for row in arranged.rows]:
        return arranged
    arranged.rows.append(possible.new(wanted))
    arranged.look_at = wanted
    arranged.announcement = gettext(
        "%(field)s added at position %(at)s.",
        field=arranged.rows[-1].usual,
        at=len(arranged.rows),
    )
    return arranged


def _without(arranged: Arranged, place: int) -> Arranged:
    """Take a row out; what was typed into it waits to be brought back."""
    row = arranged.rows.pop(place)
    row.place = place
    arranged.removed.append(row)
    arranged.look_at = ""
    if arranged.rows:
        arranged.look_at = arranged.rows[min(place, len(arranged.rows) - 1)].key
    arranged.announcement = gettext("%(field)s removed.", field=row.usual)
    return arranged


def _brought_back(arranged: Arranged, key: str) -> Arranged:
    for row in arranged.removed:
        if row.key == key:
            arranged.removed.remove(row)
            return _placed(arranged, row, row.place)
    return arranged


def _placed(arranged: Arranged, row: Row, place: int) -> Arranged:
    arranged.rows.insert(place, row)
    arranged.look_at = row.key
    arranged.announcement = gettext(
        "%(field)s moved to position %(at)s of %(all)s.",
        field=row.usual,
        at=arranged.rows.index(row) + 1,
        all=len(arranged.rows),
    )
    return arranged
