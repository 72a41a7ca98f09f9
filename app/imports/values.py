"""A cell as the provider takes it: cleaned, and checked by what its column becomes."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from email_validator import EmailNotValidError, validate_email

from app.imports.errors import ImportRejected

MAX_EMAIL = 50
INVISIBLE = re.compile("[\u200b\ufeff\u202a-\u202e\u2066-\u2069\u00ad]")
ORDERS = ("mdy", "dmy", "ymd")
LIKE = {"mdy": "5/31/2026", "dmy": "31/5/2026", "ymd": "2026/5/31"}
LIKE_BIRTHDAY = {"mdy": "5/31", "dmy": "31/5", "ymd": "05-31"}
YEAR_FIRST = re.compile(
    r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[T ][0-9:.Z+-]*)?"
)
YEAR_LAST = re.compile(r"([0-9]{1,2})[-/. ]+([0-9]{1,2})[-/. ]+([0-9]{4})")
DAY_OF_YEAR = re.compile(r"(?:--)?([0-9]{1,2})[-/. ]+([0-9]{1,2})\.?")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
YES, NO = {"true", "yes", "y", "1", "x", "on"}, {"false", "no", "n", "0", "off"}
DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def clean(text: str) -> str:
    """One line: NFC, without control, zero-width and bidi-override characters, blanks
    as one.
    """
    if not text.isascii():
        text = INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    if not text.isprintable():
        text = "".join(
            char if char.isprintable() or char.isspace() else "" for char in text
        )
    return " ".join(text.split())


def address(text: str) -> str:
    """In ASCII, its domain in lower case."""
    try:
        found = _address(text)
    except EmailNotValidError:
        raise ImportRejected("email_invalid") from None
    if len(found) > MAX_EMAIL:
        raise ImportRejected("too_long", most=MAX_EMAIL)
    return found


def day(text: str, order: str) -> date:
    """A day of the calendar: year first in any case, else in the order that was chosen."""
    found = YEAR_FIRST.fullmatch(text)
    if found:
        year, month, of_month = map(int, found.groups())
    elif (found := YEAR_LAST.fullmatch(text)) and order != "ymd":
        one, two, year = map(int, found.groups())
        month, of_month = (one, two) if order == "mdy" else (two, one)
    else:
        raise ImportRejected("not_a_date", like=LIKE[order])
    try:
        if year >= 1000:
            return date(year, month, of_month)
    except ValueError:
        pass
    raise ImportRejected("not_a_date", like=LIKE[order])


def birthday(text: str, order: str) -> tuple[int, int]:
    """Month and day, of a date or of a day without a year."""
    if found := DAY_OF_YEAR.fullmatch(text):
        one, two = map(int, found.groups())
        month, of_month = (two, one) if order == "dmy" else (one, two)
        if 1 <= month <= 12 and 1 <= of_month <= DAYS[month - 1]:
            return month, of_month
        raise ImportRejected("not_a_birthday", like=LIKE_BIRTHDAY[order])
    try:
        whole = day(text, order)
    except ImportRejected:
        raise ImportRejected("not_a_birthday", like=LIKE_BIRTHDAY[order]) from None
    return whole.month, whole.day


def month_number(text: str) -> int:
    """1 to 12, also from its English name or the three letters of it."""
    name = text.casefold().rstrip(".")
    named = next(
        (
            number
            for number, month in enumerate(MONTHS, 1)
            if len(name) >= 3 and month.startswith(name)
        ),
        0,
    )
    number = named or (
        int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else 0
    )
    if not 1 <= number <= 12:
        raise ImportRejected("not_a_month")
    return number


def day_number(text: str, month: int) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else 0
    if not 1 <= number <= DAYS[month - 1]:
        raise ImportRejected("not_a_day")
    return number


def custom(type: str, details: dict[str, Any]) -> Callable[[str, str], str]:
    """What makes the value of a custom field of this type: takes a text and the order
    of dates.
    """
    if type in ("number", "currency"):
        return _number
    if type in ("date", "datetime"):
        return _date if type == "date" else _moment
    if type == "boolean":
        return _boolean
    choices = {
        str(label).casefold(): str(label) for label in details.get("choices", ())
    }
    if type == "single_select" and choices:
        return lambda text, _order: _choice(text, choices)
    if type == "multi_select" and choices:
        return lambda text, _order: ", ".join(_choices(text, choices))
    return lambda text, _order: text


@lru_cache(20_000)
def _domain(name: str) -> str:
    return validate_email(
        f"a@{name}", check_deliverability=False, strict=True, allow_smtputf8=False
    ).ascii_domain


def _address(text: str) -> str:
    """The library takes most of its time for the domain, and a file has few of those."""
    local, _at, domain = text.rpartition("@")
    if not local or not domain or not local.isascii():
        raise EmailNotValidError
    ascii_domain = _domain(domain)
    checked = validate_email(
        f"{local}@{PLAIN_DOMAIN}",
        check_deliverability=False,
        strict=True,
        allow_smtputf8=False,
    )
    if len(local) + 1 + len(ascii_domain) > 254:
        raise EmailNotValidError
    return f"{checked.local_part}@{ascii_domain}"


PLAIN_DOMAIN = "latchkey.example.com"


def _number(text: str, _order: str) -> str:
    """Digits alone; a sign of a currency and commas between thousands are left out."""
    plain = "".join(
        char
        for char in text.replace("−", "-")
        if not char.isspace() and unicodedata.category(char) != "Sc"
    )
    if re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", plain):
        plain = plain.replace(",", "")
    elif re.fullmatch(r"[+-]?[0-9]+,[0-9]{1,2}", plain):
        plain = plain.replace(",", ".")
    if not NUMBER.fullmatch(plain):
        raise ImportRejected("not_a_number")
    return f"{Decimal(plain):f}"


def _date(text: str, order: str) -> str:
    return day(text, order).isoformat()


def _moment(text: str, order: str) -> str:
    """Day and time as on a clock; a day alone begins at midnight."""
    on, _blank, at = text.replace("T", " ", 1).partition(" ")
    found = re.fullmatch(
        r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?(?:\.0+)?Z?", at or "00:00"
    )
    if not found:
        raise ImportRejected("not_a_date", like=f"{LIKE[order]} 14:30")
    return (
        f"{day(on, order).isoformat()}T{int(found[1]):02}:{found[2]}:{found[3] or '00'}"
    )


def _boolean(text: str, _order: str) -> str:
    word = text.casefold()
    if word not in YES | NO:
        raise ImportRejected("not_yes_or_no")
    return "true" if word in YES else "false"


def _choice(text: str, choices: dict[str, str]) -> str:
    found = choices.get(text.casefold())
    if found is None:
        raise ImportRejected("not_a_choice")
    return found


def _choices(text: str, choices: dict[str, str]) -> list[str]:
    if text.casefold() in choices:
        return [choices[text.casefold()]]
    return [
        _choice(part.strip(), choices)
        for part in re.split(r"[,;|]", text)
        if part.strip()
    ]
