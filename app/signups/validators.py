"""What somebody typed, as the provider takes it: cleaned, and checked against the type
of its question.

Everything comes out as a text, since `value` of a custom field is one; a birthday is
the exception (see `answers`).
"""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

from flask_babel import gettext
from wtforms.validators import ValidationError

from app.core.contact_rules import MAX_TYPED, join_choices, split_choices
from app.forms.fields import Question

INVISIBLE = {
    "\u200b",
    "\ufeff",
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
}

NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?")
BLANK_LINES = re.compile(r"\n{3,}")
# with three digits it could as well be thousands
DECIMAL_COMMA = re.compile(r"^[^.]*,[0-9]{1,2}$")
DATE, TIME = (
    re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?"),
)


def clean(text: str | None) -> str:
    """Clean one line of text for storing: NFC, without control, bidi-override and
    zero-width characters.
    """
    if text and len(text) > MAX_TYPED:
        return text
    return " ".join(_visible(text).split())


def clean_lines(text: str | None) -> str:
    """Clean several lines: each as one line is, and of blank ones between them one is
    left.
    """
    if text and len(text) > MAX_TYPED:
        return text
    lines = "\n".join(" ".join(line.split()) for line in _visible(text).splitlines())
    return BLANK_LINES.sub("\n\n", lines).strip()


def checked(question: Question, text: str) -> str:
    """Return the value for the provider.

    Raises `ValidationError` with a sentence for whoever typed it.
    """
    check = _CHECKS.get(question.type)
    return check(question, text) if check else text


def fitting(question: Question, text: str) -> str:
    """Return the value of a field that nobody sees: cut to its length, and left out
    when it is not of its type.

    A visitor could not correct it, and should not be kept from signing up by it.
    """
    cleaned = clean_lines if question.type == "text_area" else clean
    value = cleaned(text[:MAX_TYPED])[: question.most].strip()
    if not value:
        return ""
    try:
        return checked(question, value)
    except ValidationError:
        return ""


def day(text: str, label: str) -> date:
    """Read a day of the calendar, written as browsers send it.

    Raises `ValidationError`.
    """
    with suppress(ValueError):
        if DATE.fullmatch(text):
            parsed = date.fromisoformat(text)
            if parsed.year >= 1000:  # 0026 is what a picker makes of 26
                return parsed
    raise ValidationError(
        gettext(
            "%(label)s must be a date like 2026-05-31, with the year first.",
            label=label,
        )
    )


def _visible(text: str | None) -> str:
    return "".join(filter(_is_visible, unicodedata.normalize("NFC", text or "")))


def _is_visible(char: str) -> bool:
    if char in INVISIBLE:
        return False
    return char in "\t\n\r" or unicodedata.category(char) not in ("Cc", "Cs")


def _number(question: Question, text: str) -> str:
    """Read digits of any script, a point or a comma before the decimals, a sign of a
    currency around; return plain digits.
    """
    plain = "".join(
        str(unicodedata.decimal(char, char)) for char in text.replace("−", "-")
    )
    plain = "".join(plain.split())
    if question.type == "currency":
        plain = "".join(char for char in plain if unicodedata.category(char) != "Sc")
    if DECIMAL_COMMA.search(plain):
        plain = plain.replace(",", ".")
    number = NUMBER.fullmatch(plain)
    if not number:
        raise ValidationError(
            gettext(
                "%(label)s must be a number like 1250 or 12.50.",
                label=question.label,
            )
        )
    sign, _whole, decimals = number.groups()
    if sign == "-" and not question.allow_negative:
        raise ValidationError(
            gettext("%(label)s can’t be less than zero.", label=question.label)
        )
    _check_decimals(question, decimals or "")
    return f"{Decimal(plain):f}"


def _check_decimals(question: Question, decimals: str) -> None:
    most = 0 if question.integer else question.decimal_places
    if most is None or len(decimals) <= most:
        return
    if most == 0:
        raise ValidationError(
            gettext("%(label)s must be a whole number.", label=question.label)
        )
    raise ValidationError(
        gettext(
            "%(label)s can have at most %(most)s decimal places.",
            label=question.label,
            most=most,
        )
    )


def _date(question: Question, text: str) -> str:
    return day(text, question.label).isoformat()


def _datetime(question: Question, text: str) -> str:
    """Read day and time as on the clock of whoever typed it: a browser does not say
    which zone that is.
    """
    day_text, _between, time_text = text.replace(" ", "T", 1).partition("T")
    if not TIME.fullmatch(time_text):
        raise ValidationError(
            gettext(
                "%(label)s must be a date and time like 2026-05-31 14:30.",
                label=question.label,
            )
        )
    parsed_day = day(day_text, question.label)
    try:
        return datetime.fromisoformat(f"{parsed_day}T{time_text}").isoformat()
    except ValueError:
        raise ValidationError(
            gettext(
                "%(label)s must be a time like 14:30.",
                label=question.label,
            )
        ) from None


def _boolean(question: Question, text: str) -> str:
    return _one(question, text.lower(), ("true", "false"))


def _choice(question: Question, text: str) -> str:
    return _one(question, text, question.choices)


def _one(question: Question, text: str, among: tuple[str, ...]) -> str:
    if text not in among:
        raise ValidationError(
            gettext(
                "%(label)s: choose one of the listed answers.",
                label=question.label,
            )
        )
    return text


def _choices(question: Question, text: str) -> str:
    return join_choices(split_choices(text, question.choices))


_CHECKS: dict[str, Callable[[Question, str], str]] = {
    "number": _number,
    "currency": _number,
    "date": _date,
    "datetime": _datetime,
    "boolean": _boolean,
    "single_select": _choice,
    "multi_select": _choices,
}
