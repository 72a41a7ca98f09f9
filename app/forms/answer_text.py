"""A sign-up's answers in the words of its form, for people to read."""

from datetime import date
from typing import Any

from babel.dates import format_skeleton
from flask_babel import get_locale

from app.forms.fields import ADDRESS, questions

LEAP_YEAR = 2000  # a birthday has no year, and may be the 29th of February


def said(body: dict[str, Any], saved: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return (label, value) of each answer.

    What the form has stopped asking since goes by its own name.
    """
    labels = _labels(saved)
    answers = []
    for name, value in _texts(body).items():
        label = labels.get(name, _readable(name))
        answers.append((label, value))
    return answers


def differences(
    before: dict[str, Any], after: dict[str, Any], saved: list[dict[str, Any]]
) -> list[tuple[str, str, str]]:
    """Return (label, old, new) of each answer that two bodies have otherwise."""
    labels, old, new = _labels(saved), _texts(before), _texts(after)
    changed = []
    for name in {**old, **new}:
        values = (old.get(name, ""), new.get(name, ""))
        if values[0] != values[1]:
            changed.append((labels.get(name, _readable(name)), *values))
    return changed


def _labels(saved: list[dict[str, Any]]) -> dict[str, str]:
    labels = {}
    for question in questions(saved):
        labels[question.custom_field_id or question.name] = question.label
    return labels


def emptied(names: list[str], saved: list[dict[str, Any]]) -> list[str]:
    """Return the labels of what a sign-up clears; `names` are `Question.place`s."""
    labels = {question.place: question.label for question in questions(saved)}
    return [labels.get(name, _readable(name)) for name in names]


def _texts(body: dict[str, Any]) -> dict[str, str]:
    """Return every answer as one text, by its property or custom field."""
    texts = {name: value for name, value in body.items() if isinstance(value, str)}
    if body.get("birthday_month"):
        day = date(LEAP_YEAR, body["birthday_month"], body["birthday_day"])
        texts["birthday"] = format_skeleton("MMMMd", day, locale=get_locale())
    if address := body.get("street_address"):
        lines = [address[name] for name in ADDRESS if address.get(name)]
        texts["address"] = ", ".join(lines)
    for item in body.get("custom_fields", []):
        texts[item["custom_field_id"]] = item["value"]
    return texts


def _readable(name: str) -> str:
    return name.replace("_", " ")
