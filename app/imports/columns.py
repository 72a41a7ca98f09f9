"""What a column of a file can become, and a first guess by the headings.

The targets are the provider's import columns (contract 5.3). People are found by their
address alone: numbers for text messages need a consent of their own, which no file can
give.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from app.accounts.models import AccountField
from app.core.contact_rules import MAX_CUSTOM_FIELDS, MAX_EMAIL
from app.imports.errors import ImportRejected

CUSTOM = "cf:"
MAX_PHONES = 3
# Each target's label, and its most characters; 0 for numbers and dates.
PERSON: dict[str, tuple[LazyString, int]] = {
    "email": (_("Email address"), MAX_EMAIL),
    "first_name": (_("First name"), 50),
    "last_name": (_("Last name"), 50),
    "job_title": (_("Job title"), 50),
    "company_name": (_("Company"), 50),
    "birthday": (_("Birthday (a date)"), 0),
    "birthday_month": (_("Birthday: month"), 0),
    "birthday_day": (_("Birthday: day"), 0),
    "anniversary": (_("Anniversary"), 0),
}
PHONES: dict[str, tuple[LazyString, int]] = {
    "phone": (_("Phone"), 50),
    "home_phone": (_("Phone, home"), 50),
    "work_phone": (_("Phone, work"), 50),
    "mobile_phone": (_("Phone, mobile"), 50),
    "other_phone": (_("Phone, other"), 50),
}
PARTS: dict[str, tuple[LazyString, int]] = {
    "street": (_("Street"), 255),
    "street2": (_("Street, second line"), 255),
    "city": (_("City"), 50),
    "state": (_("State or region"), 50),
    "zip": (_("Postal code"), 50),
    "country": (_("Country"), 50),
}
KINDS: dict[str, LazyString] = {
    "home_": _("home"),
    "work_": _("work"),
    "other_": _("other"),
}
PHONE_KINDS = {
    "phone": "other",
    "home_phone": "home",
    "work_phone": "work",
    "mobile_phone": "mobile",
    "other_phone": "other",
}


def _limits() -> dict[str, int]:
    limits = {}
    for targets_of_group in (PERSON, PHONES, PARTS):
        for name, (_label, limit) in targets_of_group.items():
            limits[name] = limit
    for kind in KINDS:
        for name, (_label, limit) in PARTS.items():
            limits[kind + name] = limit
    return limits


MAX = _limits()  # characters of each target
# Kinds of phones and addresses: a CSV has one of each, without a kind.
ONLY_JSON = MAX.keys() - PERSON.keys() - PARTS.keys() - {"phone"}

# Headings as others write them, without signs and blanks.
KNOWN: dict[str, tuple[str, ...]] = {
    "email": (
        "email",
        "emailaddress",
        "mail",
        "emailadresse",
        "primaryemail",
        "correo",
        "courriel",
    ),
    "first_name": ("firstname", "first", "givenname", "forename", "vorname", "fname"),
    "last_name": ("lastname", "last", "surname", "familyname", "nachname", "lname"),
    "job_title": ("jobtitle", "title", "position", "role"),
    "company_name": (
        "company",
        "companyname",
        "organization",
        "organisation",
        "organizationname",
        "firma",
    ),
    "birthday": ("birthday", "birthdate", "dateofbirth", "dob", "born"),
    "birthday_month": ("birthdaymonth", "birthmonth"),
    "birthday_day": ("birthdayday", "birthdayofmonth"),
    "anniversary": ("anniversary",),
    "phone": ("phone", "phonenumber", "telephone", "tel", "primaryphone"),
    "home_phone": ("homephone", "phonehome"),
    "work_phone": ("workphone", "businessphone", "phonework"),
    "mobile_phone": ("mobile", "mobilephone", "cell", "cellphone", "phonemobile"),
    "other_phone": ("otherphone", "phoneother"),
    "street": (
        "street",
        "address",
        "streetaddress",
        "address1",
        "addressline1",
        "streetaddressline1",
    ),
    "street2": ("street2", "address2", "addressline2"),
    "city": ("city", "town"),
    "state": ("state", "province", "region", "stateprovince", "stateregion"),
    "zip": ("zip", "zipcode", "postalcode", "postcode", "zippostalcode"),
    "country": ("country",),
}
BY_HEADING: dict[str, str] = {}
for _name, _headings in KNOWN.items():
    BY_HEADING |= dict.fromkeys(_headings, _name)


@dataclass(frozen=True)
class Target:
    """One thing that a column can become.

    `group` is person, phone, address or custom.
    """

    name: str
    label: str
    group: str


def targets(fields: Iterable[AccountField], door: str = "json") -> list[Target]:
    """Return everything that this way of importing carries, custom fields last."""
    offered = []
    for group, named in (("person", PERSON), ("phone", PHONES), ("address", PARTS)):
        for name, (label, _limit) in named.items():
            offered.append(Target(name, str(label), group))
    for kind, where in KINDS.items():
        for name, (label, _limit) in PARTS.items():
            offered.append(Target(kind + name, f"{label} ({where})", "address"))
    for field in fields:
        if name := name_of(field):
            offered.append(Target(CUSTOM + name, field.label, "custom"))
    if door == "json":
        return offered
    return [target for target in offered if target.name not in ONLY_JSON]


def name_of(field: AccountField) -> str:
    """Return the name that an import calls a custom field by.

    "" until the account's fields are read again, where they were stored without.
    """
    return str((field.details or {}).get("name") or "")


def guess(headings: list[str], offered: list[Target]) -> list[str]:
    """Return a target for each heading that names one, else ""; each target once."""
    by_heading = _custom_labels(offered)
    for target in offered:
        by_heading[_bare(target.name)] = target.name
    by_heading |= BY_HEADING
    names = {target.name for target in offered}
    guessed: list[str] = []
    for heading in headings:
        name = by_heading.get(_bare(heading), "")
        if name not in names or name in guessed:
            name = ""
        guessed.append(name)
    if "birthday" in guessed and {"birthday_month", "birthday_day"} & {*guessed}:
        guessed[guessed.index("birthday")] = ""
    return guessed


def check(columns: list[str], offered: list[Target]) -> None:
    """Refuse a mapping that no contacts can be made with. Raises `Refused`."""
    labels = {target.name: target.label for target in offered}
    chosen = [name for name in columns if name]
    for name in chosen:
        if name not in labels:
            raise ImportRejected("unknown_target", target=name)
        if chosen.count(name) > 1:
            raise ImportRejected("target_twice", target=labels[name])
    if "email" not in chosen:
        raise ImportRejected("no_email_column")
    if sum(name.startswith(CUSTOM) for name in chosen) > MAX_CUSTOM_FIELDS:
        raise ImportRejected("too_many_custom_fields")
    _check_birthday(chosen)


def _check_birthday(chosen: list[str]) -> None:
    """Refuse half a birthday: it is one column, or its month and its day."""
    halves = {"birthday_month", "birthday_day"} & {*chosen}
    if len(halves) == 1 or (halves and "birthday" in chosen):
        raise ImportRejected("half_a_birthday")


def _custom_labels(offered: list[Target]) -> dict[str, str]:
    labels = {}
    for target in offered:
        if target.group == "custom" and _bare(target.label):
            labels[_bare(target.label)] = target.name
    return labels


def _bare(text: str) -> str:
    """Return the letters and digits alone, in small letters."""
    return "".join(filter(str.isalnum, text.casefold()))
