"""Checks a JSON body and complains as the provider's validator does: `X is missing`."""

import re
from collections.abc import Collection
from datetime import date
from typing import Any

from app.simulator.api.questions import UUID

Body = dict[str, Any]
YEAR_FIRST = re.compile(r"([0-9]{4})([/-])([0-9]{1,2})\2([0-9]{1,2})")
YEAR_LAST = re.compile(r"([0-9]{1,2})([/-])([0-9]{1,2})\2([0-9]{4})")
ADDRESS = re.compile(r"[^\s,()<>\[\]@]+@([^\s,()<>\[\]@.]+\.)+[^\s,()<>\[\]@.]{2,}")


def without_nulls(value: Any) -> Any:
    """The same value without properties that are null, at any depth."""
    if isinstance(value, dict):
        return {
            name: without_nulls(inner)
            for name, inner in value.items()
            if inner is not None
        }
    return (
        [without_nulls(inner) for inner in value] if isinstance(value, list) else value
    )


class Complaints(list[str]):
    """What is wrong with a body; empty when nothing is."""

    def missing(self, body: Body, *names: str, inside: str = "") -> bool:
        """Complain about absent properties and tell whether there were any."""
        absent = [name for name in names if name not in body]
        self.extend(f"{named(name, inside)} is missing" for name in absent)
        return bool(absent)

    def text(self, body: Body, name: str, most: int | None, inside: str = "") -> None:
        value = body.get(name, "")
        if not isinstance(value, str) or (most is not None and len(value) > most):
            self.append(f"{named(name, inside)} is invalid")

    def filled(self, body: Body, name: str, most: int, inside: str = "") -> None:
        """A text that has to be there and to say something."""
        if self.missing(body, name, inside=inside):
            return
        self.text(body, name, most, inside)
        if isinstance(body[name], str) and not body[name].strip():
            self.append(f"{named(name, inside)} is empty")

    def word(
        self, body: Body, name: str, allowed: Collection[str], inside: str = ""
    ) -> None:
        if name in body and body[name] not in allowed:
            self.append(f"{named(name, inside)} does not have a valid value")

    def flag(self, body: Body, name: str, inside: str = "") -> None:
        if not isinstance(body.get(name, False), bool):
            self.append(f"{named(name, inside)} is invalid")

    def number(
        self, body: Body, name: str, least: int, most: int, inside: str = ""
    ) -> None:
        value = body.get(name, least)
        if not isinstance(value, int) or isinstance(value, bool):
            self.append(f"{named(name, inside)} is invalid")
        elif not least <= value <= most:
            self.append(f"{named(name, inside)} does not have a valid value")

    def uuid(self, value: Any, name: str) -> None:
        if not isinstance(value, str) or not UUID.fullmatch(value):
            self.append(f"{name} is invalid")

    def items(self, body: Body, name: str, most: int, kind: type = dict) -> list[Any]:
        """Return the items of an array of `kind` that is not too long, else none."""
        value = body.get(name, [])
        if not isinstance(value, list) or not all(
            isinstance(item, kind) for item in value
        ):
            self.append(f"{name} is invalid")
        elif len(value) > most:
            self.append(f"{name} does not have a valid value")
        else:
            return value
        return []


def named(name: str, inside: str) -> str:
    return f"{inside}[{name}]" if inside else name


def as_date(text: str) -> str | None:
    """Return YYYY-MM-DD for any of the accepted ways to write a date, else None."""
    if found := YEAR_FIRST.fullmatch(text):
        year, month, day = found[1], found[3], found[4]
    elif found := YEAR_LAST.fullmatch(text):
        month, day, year = found[1], found[3], found[4]
    else:
        return None
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
