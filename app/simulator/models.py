"""The things the simulator holds.

Contacts, lists, fields and tags are kept as the API shows them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Resource = dict[str, Any]
Role = Literal["account_owner", "account_manager", "campaign_creator"]
Flow = Literal["code", "pkce", "device"]
UNASSIGNED = "UNASSIGNED"


@dataclass
class Account:
    """An organisation with its lists, fields, tags, sender addresses and contacts."""

    id: str
    summary: Resource
    confirmed_opt_in: bool = False
    lists: dict[str, Resource] = field(default_factory=dict)
    fields: dict[str, Resource] = field(default_factory=dict)
    contacts: dict[str, Resource] = field(default_factory=dict)
    tags: dict[str, Resource] = field(default_factory=dict)
    emails: list[Resource] = field(default_factory=list)
    asked_back: dict[str, str] = field(default_factory=dict)
    """Contacts who got the one resubscribe mail, and when they had unsubscribed."""
    segments_ready: list[str] = field(default_factory=list)
    """Segments that were asked for before."""
    _by_address: dict[str, str] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for contact in self.contacts.values():
            self.keep(contact)

    @property
    def name(self) -> str:
        return str(self.summary["organization_name"])

    def keep(self, contact: Resource) -> None:
        """Store a contact and make it findable."""
        self.contacts[contact["contact_id"]] = contact
        for address in addresses(contact):
            self._by_address[address] = contact["contact_id"]

    def find(self, address: str) -> Resource | None:
        """Return the contact with this e-mail address or `+1…` number.

        Capital and small letters are the same.
        """
        contact = self.contacts.get(self._by_address.get(address.lower(), ""), {})
        # The index keeps addresses that a contact has given up.
        return contact if address.lower() in addresses(contact) else None


def addresses(contact: Resource) -> Iterator[str]:
    """Yield what a contact can be found by."""
    if "email_address" in contact:
        yield contact["email_address"]["address"].lower()
    if "sms_channel" in contact:
        channel = contact["sms_channel"]
        yield f"+{channel['dial_code']}{channel['sms_address']}"


@dataclass
class Login:
    """Somebody who can sign in; `account` is None where there never was one."""

    name: str
    person: str
    account: str | None
    role: Role
    user_id: str
    uid: str


@dataclass
class App:
    """An API key of the developer portal."""

    client_id: str
    client_secret: str | None
    name: str
    refresh: Literal["rotating", "long_lived"]
    redirect_uris: list[str]
    active: bool = True
    flow: Flow = "code"

    @property
    def public(self) -> bool:
        """Whether it runs where no secret can be kept, and so has none."""
        return self.flow != "code"


@dataclass
class Request:
    """An authorization that waits for the person in the browser.

    One for a `device` leads back nowhere.
    """

    client_id: str
    redirect_uri: str
    scopes: list[str]
    state: str
    challenge: str | None
    nonce: str | None
    at: float
    login: str | None = None
    device: str | None = None


@dataclass
class Session:
    """A signed-in browser.

    It is not `proven` until the second factor, where one is asked for.
    """

    login: str
    at: float
    proven: bool = True


@dataclass
class Code:
    """An authorization code on its way."""

    client_id: str
    redirect_uri: str
    scopes: list[str]
    challenge: str | None
    nonce: str | None
    login: str
    auth_time: float
    at: float


@dataclass
class Device:
    """A device that waits for somebody to enter its `user_code`.

    `login` is who allowed it.
    """

    client_id: str
    user_code: str
    scopes: list[str]
    at: float
    interval: int
    polled_at: float | None = None
    denied: bool = False
    login: str | None = None
    auth_time: float = 0.0


@dataclass
class Grant:
    """What one consent gave: refresh tokens of one family, and access tokens."""

    id: str
    client_id: str
    login: str
    account: str | None
    scopes: list[str]
    auth_time: float
    used_at: float
    refresh_token: str | None = None
    rotated_out: dict[str, float] = field(default_factory=dict)
    ended: bool = False
    """Its refresh tokens no longer work."""
    access_ended: bool = False
    """Its access tokens no longer work either."""


@dataclass
class Attempts:
    """The times of sign-ups of one address, and until when it counts as abused."""

    times: list[float] = field(default_factory=list)
    flagged_until: float = 0.0
