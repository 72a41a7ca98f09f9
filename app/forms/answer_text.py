"""A sign-up's answers in the words of its form, for people to read."""

from datetime import date
from typing import Any

from babel.dates import format_skeleton
from flask_babel import get_locale

from app.forms.fields import ADDRESS, questions


def said(body: dict[str, Any], saved: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """(label, value), with whatever the form has stopped asking since under its own
    name.
    """
    custom = {
        item["custom_field_id"]: item["value"] for item in body.get("custom_fields", [])
    }
    values = (
        {key: value for key, value in body.items() if isinstance(value, str)}
        | _groups(body)
        | custom
    )
    labels = {q.custom_field_id or q.name: q.label for q in questions(saved)}
    return [
        (labels.get(key, key.replace("_", " ")), value) for key, value in values.items()
    ]


def emptied(names: list[str], saved: list[dict[str, Any]]) -> list[str]:
    """The labels of what a sign-up clears: names as `Question.place` has them."""
    labels = {q.place: q.label for q in questions(saved)}
    return [labels.get(name, name.replace("_", " ")) for name in names]


def _groups(body: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    if body.get("birthday_month"):
        day = date(2000, body["birthday_month"], body["birthday_day"])
        found["birthday"] = format_skeleton("MMMMd", day, locale=get_locale())
    if street := body.get("street_address"):
        found["address"] = ", ".join(
            street[name] for name in ADDRESS if street.get(name)
        )
    return found
