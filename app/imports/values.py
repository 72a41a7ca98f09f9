"""A cell as the provider takes it: cleaned, and checked by what its column becomes.

Every function but `clean` and `custom` raises `Refused`.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from app.core.contact_rules import (
    MAX_EMAIL,
    MAX_EMAIL_OF_MAIL,
    MAX_TYPED,
    ascii_email,
    join_choices,
)
from app.imports.errors import ImportRejected

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
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
COMMA_FOR_POINT = re.compile(r"[+-]?[0-9]+,[0-9]{1,2}")
TIME_OF_DAY = re.compile(
    r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?(?:\.0+)?Z?"
)
BETWEEN_CHOICES = re.compile(r"[,;|]")
YES = {"true", "yes", "y", "1", "x", "on"}
NO = {"false", "no", "n", "0", "off"}
DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MIN_YEAR = 1000


def clean(text: str) -> str:
    """Return one line: NFC, and each run of blanks as one.

    Control, zero-width and bidi-override characters are left out. A text that is too
    long whatever it becomes stays as it is, apart from its blanks.
    """
    text = " ".join(text.split())
    if len(text) > MAX_TYPED:
        return text
    if not text.isascii():
        text = INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    if not text.isprintable():
        text = "".join(filter(_is_seen, text))
    return " ".join(text.split())


def _is_seen(char: str) -> bool:
    return char.isprintable() or char.isspace()


def address(text: str) -> str:
    """Return an e-mail address in ASCII, its domain in lower case."""
    if len(text) > MAX_EMAIL_OF_MAIL:
        raise ImportRejected("too_long", most=MAX_EMAIL)
    try:
        email = ascii_email(text)
    except ValueError:
        raise ImportRejected("email_invalid") from None
    if len(email) > MAX_EMAIL:
        raise ImportRejected("too_long", most=MAX_EMAIL)
    return email


def day(text: str, order: str) -> date:
    """Return a day of the calendar.

    The year may always come first; where it comes last, `order` says which number is
    the month.
    """
    year_first = YEAR_FIRST.fullmatch(text)
    year_last = YEAR_LAST.fullmatch(text)
    if year_first:
        year, month, of_month = map(int, year_first.groups())
    elif year_last and order == "mdy":
        month, of_month, year = map(int, year_last.groups())
    elif year_last and order == "dmy":
        of_month, month, year = map(int, year_last.groups())
    else:
        raise ImportRejected("not_a_date", like=LIKE[order])
    if year < MIN_YEAR:
        raise ImportRejected("not_a_date", like=LIKE[order])
    try:
        return date(year, month, of_month)
    except ValueError:
        raise ImportRejected("not_a_date", like=LIKE[order]) from None


def birthday(text: str, order: str) -> tuple[int, int]:
    """Return the month and the day of a date, or of a day without a year."""
    without_year = DAY_OF_YEAR.fullmatch(text)
    if without_year is None:
        try:
            whole = day(text, order)
        except ImportRejected:
            raise ImportRejected("not_a_birthday", like=LIKE_BIRTHDAY[order]) from None
        return whole.month, whole.day
    month, of_month = map(int, without_year.groups())
    if order == "dmy":
        month, of_month = of_month, month
    if not 1 <= month <= 12 or not 1 <= of_month <= DAYS[month - 1]:
        raise ImportRejected("not_a_birthday", like=LIKE_BIRTHDAY[order])
    return month, of_month


def month_number(text: str) -> int:
    """Return 1 to 12, also for an English name or the first letters of one."""
    number = _named_month(text) or _small_number(text)
    if not 1 <= number <= 12:
        raise ImportRejected("not_a_month")
    return number


def day_number(text: str, month: int) -> int:
    """Return a number that the month has a day of."""
    number = _small_number(text)
    if not 1 <= number <= DAYS[month - 1]:
        raise ImportRejected("not_a_day")
    return number


def _named_month(text: str) -> int:
    name = text.casefold().rstrip(".")
    if len(name) < 3:
        return 0
    for number, month in enumerate(MONTHS, 1):
        if month.startswith(name):
            return number
    return 0


def _small_number(text: str) -> int:
    """Return a number of one or two digits, 0 for anything else."""
    if text.isascii() and text.isdecimal() and len(text) < 3:
        return int(text)
    return 0


def custom(type: str, details: dict[str, Any]) -> Callable[[str, str], str]:
    """Return what makes the value of a custom field of this type.

    It takes a text and the order of dates.
    """
    if type in PLAIN_TYPES:
        return PLAIN_TYPES[type]
    labels = [str(label) for label in details.get("choices", ())]
    choices = {label.casefold(): label for label in labels}
    if type == "single_select" and choices:
        return lambda text, _order: _choice(text, choices)
    if type == "multi_select" and choices:
        return lambda text, _order: _choices(text, choices)
    return lambda text, _order: text


def _number(text: str, _order: str) -> str:
    """Return digits alone, without a currency's sign and commas between thousands."""
    plain = "".join(filter(_is_of_a_number, text.replace("−", "-")))
    if THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    elif COMMA_FOR_POINT.fullmatch(plain):
        plain = plain.replace(",", ".")
    if not NUMBER.fullmatch(plain):
        raise ImportRejected("not_a_number")
    return f"{Decimal(plain):f}"


def _is_of_a_number(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) != "Sc"


def _date(text: str, order: str) -> str:
    return day(text, order).isoformat()


def _moment(text: str, order: str) -> str:
    """Return day and time as on a clock; a day alone begins at midnight."""
    on, _blank, at = text.replace("T", " ", 1).partition(" ")
    time = TIME_OF_DAY.fullmatch(at or "00:00")
    if not time:
        raise ImportRejected("not_a_date", like=f"{LIKE[order]} 14:30")
    hours, minutes, seconds = time.groups(default="00")
    return f"{day(on, order).isoformat()}T{int(hours):02}:{minutes}:{seconds}"


def _boolean(text: str, _order: str) -> str:
    word = text.casefold()
    if word in YES:
        return "true"
    if word in NO:
        return "false"
    raise ImportRejected("not_yes_or_no")


def _choice(text: str, choices: dict[str, str]) -> str:
    label = choices.get(text.casefold())
    if label is None:
        raise ImportRejected("not_a_choice")
    return label


def _choices(text: str, choices: dict[str, str]) -> str:
    if text.casefold() in choices:
        return choices[text.casefold()]
    labels = []
    for part in BETWEEN_CHOICES.split(text):
        if part.strip():
            labels.append(_choice(part.strip(), choices))
    return join_choices(labels)


PLAIN_TYPES: dict[str, Callable[[str, str], str]] = {
    "number": _number,
    "currency": _number,
    "date": _date,
    "datetime": _moment,
    "boolean": _boolean,
}
