"""What a column can become: the provider's import columns (contract 5.3), and a first
guess by the headings.

People are found by their address alone: numbers for text messages need a consent of
their own, which no file can give.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from app.accounts.models import AccountField
from app.imports.errors import ImportRejected

CUSTOM = "cf:"
MAX_CUSTOM_FIELDS = 25  # of a contact
MAX_LISTS = 50
MAX_PHONES = 3
BIRTHDAY = ("birthday", "birthday_month", "birthday_day")
PERSON: dict[str, tuple[LazyString, int]] = {
    "email": (_("E-mail address"), 50),
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
ONLY_JSON = {*PHONES, *(kind + part for kind in KINDS for part in PARTS)} - {"phone"}
MAX: dict[str, int] = {
    name: most
    for names in (PERSON, PHONES, PARTS)
    for name, (_label, most) in names.items()
} | {kind + part: most for kind in KINDS for part, (_label, most) in PARTS.items()}

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
BY_HEADING = {known: name for name, all_known in KNOWN.items() for known in all_known}


@dataclass(frozen=True)
class Target:
    """One thing that a column can become; `group` is person, phone, address or custom."""

    name: str
    label: str
    group: str


def targets(fields: Iterable[AccountField], door: str = "json") -> list[Target]:
    """Everything that this way of importing carries, custom fields last."""
    found = [
        Target(name, str(label), "person") for name, (label, _most) in PERSON.items()
    ]
    found += [
        Target(name, str(label), "phone") for name, (label, _most) in PHONES.items()
    ]
    found += [
        Target(name, str(label), "address") for name, (label, _most) in PARTS.items()
    ]
    found += [
        Target(kind + name, f"{label} ({where})", "address")
        for kind, where in KINDS.items()
        for name, (label, _most) in PARTS.items()
    ]
    found += [
        Target(CUSTOM + field.details["name"], field.label, "custom")
        for field in fields
        if (field.details or {}).get("name")
    ]
    return [each for each in found if door == "json" or each.name not in ONLY_JSON]


def guess(headings: list[str], offered: list[Target]) -> list[str]:
    """A target for each heading that names one, or ""; each target once."""
    names = {each.name for each in offered}
    by_label = {
        _bare(each.label): each.name for each in offered if each.group == "custom"
    }
    by_label |= {_bare(each.name): each.name for each in offered}
    found: list[str] = []
    for heading in headings:
        bare = _bare(heading)
        name = BY_HEADING.get(bare) or (by_label.get(bare) if bare else "") or ""
        if name in ("", *found) or name not in names:
            name = ""
        found.append(name)
    if "birthday" in found and {"birthday_month", "birthday_day"} & {*found}:
        found[found.index("birthday")] = ""
    return found


def check(columns: list[str], offered: list[Target]) -> None:
    """Raises `Refused` when no rows could be made of this mapping."""
    names, chosen = (
        {each.name: each.label for each in offered},
        [name for name in columns if name],
    )
    for name in chosen:
        if name not in names:
            raise ImportRejected("unknown_target", target=name)
        if chosen.count(name) > 1:
            raise ImportRejected("target_twice", target=names[name])
    if "email" not in chosen:
        raise ImportRejected("no_email_column")
    if sum(name.startswith(CUSTOM) for name in chosen) > MAX_CUSTOM_FIELDS:
        raise ImportRejected("too_many_custom_fields")
    if ("birthday_month" in chosen) != ("birthday_day" in chosen) or (
        "birthday" in chosen and "birthday_month" in chosen
    ):
        raise ImportRejected("half_a_birthday")


def _bare(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
