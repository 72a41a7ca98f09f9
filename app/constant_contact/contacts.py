"""The contact routes (contract 5.1): a contact read with all that a PUT would null or
replace, made, and put back.

Every function may raise a `ProviderError`; each is one call, in one turn.
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
# notes and tags are never sent
PARTS = ("custom_fields", "list_memberships", "phone_numbers", "street_addresses")

Part = dict[str, Any]


class WholeContact(Contact):
    """A contact with its core properties; its parts are kept as they come, since they
    go back as they came.
    """

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
        return value or []

    @property
    def core(self) -> Part:
        """Core properties that say something: what a PUT leaves out of these becomes
        null.
        """
        return {name: value for name in CORE if (value := getattr(self, name))}


class StoredContact(BaseModel):
    contacts: list[WholeContact]


class Written(BaseModel):
    contact_id: http.Plain = Field(max_length=36)


def find(api: Client, email: str) -> WholeContact | None:
    """The whole contact with this address in any state, deleted and unsubscribed ones
    included.
    """
    found = api.get(
        StoredContact,
        "/contacts",
        {"email": email, "status": "all", "include": ",".join(PARTS)},
    ).contacts
    theirs = [one for one in found if is_of(one, email)]
    if found and not theirs:
        raise errors.Unsupported(
            "The look-up answered with a contact that has another address."
        )
    return theirs[0] if theirs else None


def read(api: Client, contact_id: str) -> WholeContact | None:
    """The whole contact with this id; None when there is none."""
    api.turn()
    try:
        return api.answer(
            WholeContact,
            "GET",
            _address(api, contact_id),
            params={"include": ",".join(PARTS)},
        )
    except errors.Missing:
        return None


def is_of(contact: Contact, email: str) -> bool:
    """Whether it has this address, whose letters' case does not matter."""
    return (contact.email_address.address or "").lower() == email.lower()


def create(api: Client, body: Part) -> str:
    """`POST /contacts`; return the new id. 409 when somebody has the address, in
    whatever state.
    """
    api.turn()
    return api.answer(Written, "POST", f"{api.api_url}/contacts", json=body).contact_id


def replace(api: Client, contact_id: str, body: Part) -> None:
    """`PUT /contacts/{contact_id}`: core properties left out become null, parts left
    out stay, sent ones replace.
    """
    api.turn()
    api.answer(Written, "PUT", _address(api, contact_id), json=body)


def _address(api: Client, contact_id: str) -> str:
    return f"{api.api_url}/contacts/{quote(contact_id, safe='')}"
