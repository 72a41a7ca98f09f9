"""The calls we make to the V3 API; each answer is checked for the shape we rely on.

Every method may raise a `ProviderError`. `turn` is called before each call, and waits
as long as the pace says.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from pydantic import BaseModel, Field, ValidationError, field_validator

from app.constant_contact import errors, http
from app.constant_contact.answers import (
    Answer,
    Items,
    all_readable,
    readable,
    reader,
    scopes_in,
)
from app.constant_contact.deadline import taking_turns

MAX_PAGES = 50  # of lists and fields
MAX_OPT_OUT_PAGES = 1000  # of 500 each
T = TypeVar("T")
P = TypeVar("P", bound="Page")
C = TypeVar("C", bound="Contact")
PERMISSIONS = (  # that leave no doubt whether somebody opted out
    "explicit",
    "implicit",
    "not_set",
    "pending_confirmation",
    "temp_hold",
    "unsubscribed",
)
# `POST /token_info` is no longer there, whoever says so
SWITCHED_OFF = (403, 404, 405, 410)


class Summary(Answer):
    """`GET /account/summary`, as far as we use it."""

    encoded_account_id: http.Plain = Field(min_length=1, max_length=80)
    organization_name: http.Plain = ""
    contact_email: http.Plain = ""


class PhysicalAddress(Answer):
    """An account's postal address."""

    address_line1: http.Plain = ""
    address_line2: http.Plain = ""
    address_line3: http.Plain = ""
    city: http.Plain = ""
    state_code: http.Plain = ""
    state_name: http.Plain = ""  # outside the USA and Canada
    postal_code: http.Plain = ""
    country_code: http.Plain = ""


class AddressOfAccount(Answer):
    """`GET /account/summary` with its address, as far as we use that."""

    physical_address: PhysicalAddress | None = None


class Privilege(Answer):
    privilege_name: str


class ContactList(Answer):
    """A list; it is called by its id where its name cannot be read."""

    list_id: http.Plain = Field(max_length=36)
    name: http.Plain = ""

    @property
    def label(self) -> str:
        return self.name or self.list_id


class Choice(Answer):
    choice_id: http.Plain | int = ""
    choice_label: http.Plain
    display_order: int | None = None


class CustomField(Answer):
    """A custom field.

    `metadata` is kept as it comes: `display_type`, `allow_negative`, `decimal_places`,
    `integer` and others.
    """

    custom_field_id: http.Plain = Field(max_length=36)
    label: http.Plain = ""
    name: http.Plain = ""
    type: http.Plain = "string"
    choices: list[Choice] = Field(default_factory=list)
    metadata: dict[str, Any] = Field(default_factory=dict)

    @field_validator("choices", mode="before")
    @classmethod
    def _readable_choices(cls, value: Any) -> Any:
        return readable(Choice, value) if isinstance(value, list) else value

    @property
    def title(self) -> str:
        return self.label or self.name or self.custom_field_id

    @property
    def details(self) -> dict[str, Any]:
        """Its metadata, and by our names what else forms and imports need.

        These are its name, the labels of its choices in order, and their ids.
        """
        details = dict(self.metadata)
        if self.name:
            details["name"] = self.name
        if self.choices:
            ordered = sorted(self.choices, key=lambda choice: choice.display_order or 0)
            details["choices"] = [choice.choice_label for choice in ordered]
            details["choice_ids"] = {
                choice.choice_label: str(choice.choice_id) for choice in ordered
            }
        return details


class Next(BaseModel):
    href: str


class Links(BaseModel):
    next: Next | None = None


class Page(Answer):
    """A page of a list; its links say where the next one is, if there is one.

    Its items are read one by one: see `readable`.
    """

    strict = frozenset({"links"})  # else a page would be taken for the last one
    links: Links = Field(Links(), alias="_links")

    @field_validator("links", mode="before")
    @classmethod
    def _null_is_none(cls, value: Any) -> Any:
        return Links() if value is None else value


class EmailAddress(Answer):
    address: str = ""
    permission_to_send: str | None = None
    # None also where it is of no known flavour (contract section 6)
    opt_out_date: datetime | None = None


class Contact(Answer):
    """A contact as `GET /contacts?email=&status=all` shows it."""

    contact_id: str = ""
    email_address: EmailAddress = EmailAddress()
    deleted_at: str | None = None
    list_memberships: list[str] = Field(default_factory=list)  # only when asked for

    @property
    def opted_out(self) -> bool:
        return self.email_address.permission_to_send == "unsubscribed"

    @property
    def may_have_opted_out(self) -> bool:
        """Tell whether they did, or are shown without a permission that we know."""
        permission = self.email_address.permission_to_send
        return self.opted_out or permission not in PERMISSIONS


class ListPage(Page):
    lists: Annotated[Items[ContactList], all_readable(ContactList)]


class FieldPage(Page):
    custom_fields: Annotated[Items[CustomField], all_readable(CustomField)]


class ContactPage(Page):
    contacts: list[Any]


class SignUpReply(Answer):
    contact_id: http.Plain = Field(max_length=36)
    action: http.Plain = Field("", max_length=20)


@dataclass(frozen=True)
class Client:
    """The API with one account's access token."""

    session: requests.Session
    api_url: str
    access_token: str
    turn: Callable[[], None]
    # called with every 429, before it is raised
    refused: Callable[[errors.Paused], None] = lambda _: None
    # called when connecting took so long that the turn is over, before anything is sent
    late: Callable[[], None] = lambda: None

    def summary(self) -> Summary:
        return self.get(Summary, "/account/summary")

    def physical_address(self) -> PhysicalAddress | None:
        """Return the account's postal address, or None where it has none."""
        extra = {"extra_fields": "physical_address"}
        return self.get(AddressOfAccount, "/account/summary", extra).physical_address

    def lacking(self, needed: Collection[str]) -> set[str]:
        """Return which of these privileges the login has not.

        Raises `Nonsense` where one of them may be among those that cannot be read.
        """
        answer = self.get(list[Any], "/account/user/privileges")
        privileges = readable(Privilege, answer)
        if not privileges:
            raise errors.Nonsense("a login without any privilege")
        lacking = set(needed) - {each.privilege_name for each in privileges}
        if lacking and privileges.skipped:
            raise errors.Nonsense("a privilege without a name")
        return lacking

    def token_info(self) -> list[str] | None:
        """Ask `POST /token_info` for the scopes of our own token.

        None where the provider has switched it off, in whatever words a gateway says
        so: it is deprecated (contract section 2). It must never be asked about an
        expired token.
        """
        self.turn()
        token = {"token": self.access_token}
        answer = self.ask("POST", f"{self.api_url}/token_info", json=token)
        if answer.status_code in SWITCHED_OFF:
            return None
        return list(scopes_in(self.read(dict[str, Any], answer).get("scopes")))

    def lists(self) -> Items[ContactList]:
        """Read every active list, through all pages."""
        lists: Items[ContactList] = Items()
        for page in self.pages(ListPage, "/contact_lists?limit=500"):
            lists.add(page.lists)
        return lists

    def custom_fields(self) -> Items[CustomField]:
        """Read every custom field, through all pages."""
        fields: Items[CustomField] = Items()
        for page in self.pages(FieldPage, "/contact_custom_fields?limit=100"):
            fields.add(page.custom_fields)
        return fields

    def find(self, email: str, lists: bool = False) -> Contact | None:
        """Find the contact with this address in any state, also deleted ones.

        Raises `OddItem` where there is one that cannot be read.
        """
        params = {"email": email, "status": "all"}
        if lists:
            params["include"] = "list_memberships"
        contacts = self.found(Contact, params)
        if not contacts:
            return None
        return contacts[0]

    def found(self, shape: type[C], params: dict[str, str]) -> list[C]:
        """Search contacts; raises `OddItem` where none that come can be read."""
        answer = self._asked("/contacts", params)
        items = self._read_there(ContactPage, answer).contacts
        contacts = [each for each in readable(shape, items) if each.contact_id]
        if items and not contacts:
            raise http.odd_item(answer, "a contact that cannot be read")
        return contacts

    def opted_out(self, after: datetime) -> Iterator[list[Contact]]:
        """Yield, page by page, who opted out after a moment and has not come back.

        The moment is in the provider's time; deleted contacts are among them. Who is
        shown without any permission may have opted out, too. Raises `Nonsense` at the
        end, where some could not be read.
        """
        skipped = 0
        params = {
            "status": "unsubscribed,deleted",
            "optout_after": after.isoformat(),
            "limit": 500,
        }
        path = f"/contacts?{urlencode(params)}"
        for page in self.pages(ContactPage, path, MAX_OPT_OUT_PAGES):
            contacts = readable(Contact, page.contacts)
            skipped += contacts.skipped
            yield [contact for contact in contacts if contact.may_have_opted_out]
        if skipped:
            raise errors.Nonsense(f"{skipped} opt-outs that cannot be read")

    def sign_up(self, body: dict[str, Any]) -> SignUpReply:
        """Call `POST /contacts/sign_up_form`, an upsert with explicit permission."""
        self.turn()
        return self.answer(
            SignUpReply, "POST", f"{self.api_url}/contacts/sign_up_form", json=body
        )

    def get(self, shape: type[T], path: str, params: dict[str, str] | None = None) -> T:
        """Ask a route that is always there.

        Should it be gone, then that is trouble of the provider, not a fault of the
        request.
        """
        return self._read_there(shape, self._asked(path, params))

    def _asked(self, path: str, params: dict[str, str] | None) -> requests.Response:
        self.turn()
        return self.ask("GET", f"{self.api_url}{path}", params=params)

    def _read_there(self, shape: type[T], answer: requests.Response) -> T:
        try:
            return self.read(shape, answer)
        except (errors.Missing, errors.Unsupported) as error:
            raise errors.Nonsense(
                error.detail, error.status, error.request_id
            ) from None

    def pages(self, shape: type[P], path: str, most: int = MAX_PAGES) -> Iterator[P]:
        """Yield one page after the other; links are followed as they are.

        A link to another host is refused.
        """
        for _ in range(most):
            page = self.get(shape, path)
            yield page
            if not page.links.next:
                return
            path = self._same_host(page.links.next.href)

    def _same_host(self, href: str) -> str:
        if not href.isascii():  # `urlsplit` would normalize it, in quadratic time
            raise errors.Nonsense("a next page whose address is not ASCII")
        base = urlsplit(self.api_url)
        link = urlsplit(href)
        is_below = link.path.startswith(f"{base.path}/")
        if link.netloc not in ("", base.netloc) or not is_below:
            raise errors.Nonsense("a next page on another host")
        return f"{link.path.removeprefix(base.path)}?{link.query}"

    def answer(self, shape: type[T], method: str, address: str, **more: Any) -> T:
        """Make one call and return its answer in the shape we rely on.

        Whoever makes it has taken the turn.
        """
        return self.read(shape, self.ask(method, address, **more))

    def ask(
        self,
        method: str,
        address: str,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> requests.Response:
        """Make one call and return whatever comes back.

        `timeout` are the seconds that the whole exchange may take.
        """
        ours = {
            "Authorization": f"Bearer {self.access_token}",
            "Accept": "application/json",
        }
        with taking_turns(self.late):
            return self.session.request(
                method, address, headers=ours | (headers or {}), **more
            )

    def read(self, shape: type[T], answer: requests.Response) -> T:
        """Return an answer in the shape we rely on, or raise the error it means."""
        try:
            parsed: T = reader(shape).validate_python(http.json_of(answer))
        except errors.Paused as paused:
            self.refused(paused)
            raise
        except ValidationError:
            what = f"an answer that is no {shape.__name__}"
            raise http.nonsense(answer, what) from None
        return parsed
