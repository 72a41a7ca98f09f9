"""The contact routes: a contact is read whole, made, and put back.

Whole means with all that a PUT would null or replace (contract 5.1). Every function may
raise a `ProviderError`; each is one call, in one turn.
"""

from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, Field, field_validator

from app.constant_contact import errors, http
from app.constant_contact.client import Client, Contact

CORE = (
    "first_name",
    "last_name",
    "job_title",
    "company_name",
    "birthday_month",
    "birthday_day",
    "anniversary",
)
# Notes and tags are never sent.
PARTS = ("custom_fields", "list_memberships", "phone_numbers", "street_addresses")

Part = dict[str, Any]


class WholeContact(Contact):
    """A contact with its core properties and its parts.

    The parts are kept as they come, since they go back as they came.
    """

    strict = frozenset(PARTS)  # what is not read would not go back

    first_name: Any = None
    last_name: Any = None
    job_title: Any = None
    company_name: Any = None
    birthday_month: Any = None
    birthday_day: Any = None
    anniversary: Any = None
    custom_fields: list[Part] = Field(default_factory=list)
    phone_numbers: list[Part] = Field(default_factory=list)
    street_addresses: list[Part] = Field(default_factory=list)

    @field_validator(*PARTS, mode="before")
    @classmethod
    def _null_is_none(cls, value: Any) -> Any:
        return [] if value is None else value

    @property
    def core(self) -> Part:
        """Its core properties that have a value: a PUT makes the others null."""
        values = {name: getattr(self, name) for name in CORE}
        return {name: value for name, value in values.items() if value}


class Written(BaseModel):
    contact_id: http.Plain = Field(max_length=36)


def find(api: Client, email: str) -> WholeContact | None:
    """Find the whole contact with this address in any state, also a deleted one."""
    params = {"email": email, "status": "all", "include": ",".join(PARTS)}
    contacts = api.found(WholeContact, params)
    for contact in contacts:
        if is_of(contact, email):
            return contact
    if any(not contact.email_address.address for contact in contacts):
        raise errors.OddItem("The look-up answered with a contact without an address.")
    if contacts:
        raise errors.Unsupported(
            "The look-up answered with a contact that has another address."
        )
    return None


def read(api: Client, contact_id: str) -> WholeContact | None:
    """Read the whole contact with this id; None when there is none."""
    api.turn()
    address = _address(api, contact_id)
    params = {"include": ",".join(PARTS)}
    try:
        contact = api.answer(WholeContact, "GET", address, params=params)
    except errors.Missing:
        return None
    contact.contact_id = contact_id  # as it was asked for, whatever it says
    return contact


def is_of(contact: Contact, email: str) -> bool:
    """Tell whether a contact has this address, in capital or small letters."""
    return contact.email_address.address.lower() == email.lower()


def create(api: Client, body: Part) -> str:
    """Call `POST /contacts`; return the new contact's id.

    Raises `Conflict` when a contact has the address, in whatever state.
    """
    api.turn()
    return api.answer(Written, "POST", f"{api.api_url}/contacts", json=body).contact_id


def replace(api: Client, contact_id: str, body: Part) -> None:
    """Call `PUT /contacts/{contact_id}`.

    Core properties that are left out become null, parts that are left out stay, and
    parts that are sent replace what was there.
    """
    api.turn()
    api.answer(Written, "PUT", _address(api, contact_id), json=body)


def _address(api: Client, contact_id: str) -> str:
    return f"{api.api_url}/contacts/{quote(contact_id, safe='')}"
