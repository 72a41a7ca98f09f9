"""The calls we make to the V3 API; each answer is checked for the shape we rely on.

Every method may raise a `ProviderError`. `turn` is called before each call, and waits
as long as the pace says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from pydantic import (
    BaseModel,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from app.constant_contact import errors, http
from app.constant_contact.deadline import taking_turns

MAX_PAGES = 50  # of lists and fields
MAX_OPT_OUT_PAGES = 1000  # of 500 each
T = TypeVar("T")
P = TypeVar("P", bound="Page")


class Summary(BaseModel):
    """`GET /account/summary`, as far as we use it."""

    encoded_account_id: http.Plain = Field(min_length=1, max_length=80)
    organization_name: http.Plain | None = ""
    contact_email: http.Plain | None = ""


class Privilege(BaseModel):
    privilege_name: str


class TokenInfo(BaseModel):
    scopes: list[http.Plain]


class ContactList(BaseModel):
    list_id: http.Plain = Field(max_length=36)
    name: http.Plain


class Choice(BaseModel):
    choice_id: http.Plain | int = ""
    choice_label: http.Plain
    display_order: int | None = None


class CustomField(BaseModel):
    """A custom field.

    `metadata` is kept as it comes: `display_type`, `allow_negative`, `decimal_places`,
    `integer` and others.
    """

    custom_field_id: http.Plain = Field(max_length=36)
    label: http.Plain
    name: http.Plain = ""
    type: http.Plain = "string"
    choices: list[Choice] = []
    metadata: dict[str, Any] = {}

    @field_validator("choices", "metadata", "name", mode="before")
    @classmethod
    def _null_is_nothing(cls, value: Any, info: ValidationInfo) -> Any:
        return value or cls.model_fields[str(info.field_name)].default

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


class Page(BaseModel):
    """A page of a list; its links say where the next one is, if there is one."""

    links: Links = Field(Links(), alias="_links")

    @field_validator("links", mode="before")
    @classmethod
    def _null_is_none(cls, value: Any) -> Any:
        return value or Links()


class EmailAddress(BaseModel):
    address: str | None = ""
    permission_to_send: str | None = None
    opt_out_date: datetime | None = None

    @field_validator("opt_out_date", mode="wrap")
    @classmethod
    def _odd_is_none(
        cls, value: Any, parse: Callable[[Any], datetime | None]
    ) -> datetime | None:
        """Read a time, None where it is of no known flavour (contract section 6).

        The contact is worth more than the time.
        """
        try:
            return parse(value)
        except ValueError:
            return None


class Contact(BaseModel):
    """A contact as `GET /contacts?email=&status=all` shows it."""

    contact_id: str
    email_address: EmailAddress = EmailAddress()
    deleted_at: str | None = None
    list_memberships: list[str] = []  # only when asked for

    @property
    def opted_out(self) -> bool:
        return self.email_address.permission_to_send == "unsubscribed"


class ListPage(Page):
    lists: list[ContactList]


class FieldPage(Page):
    custom_fields: list[CustomField]


class ContactPage(Page):
    contacts: list[Contact]


class ContactSummary(BaseModel):
    contacts: list[Contact]


class SignUpReply(BaseModel):
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

    def privileges(self) -> set[str]:
        privileges = self.get(list[Privilege], "/account/user/privileges")
        if not privileges:
            raise errors.Nonsense("a login without any privilege")
        return {privilege.privilege_name for privilege in privileges}

    def token_info(self) -> list[str] | None:
        """Ask `POST /token_info` for the scopes of our own token.

        None where the provider has switched it off: it is deprecated (contract section
        2). It must never be asked about an expired token.
        """
        self.turn()
        try:
            info = self.answer(
                TokenInfo,
                "POST",
                f"{self.api_url}/token_info",
                json={"token": self.access_token},
            )
        except (errors.Forbidden, errors.Missing, errors.Unsupported):
            return None
        return info.scopes

    def lists(self) -> list[ContactList]:
        """Read every active list, through all pages."""
        lists = []
        for page in self.pages(ListPage, "/contact_lists?limit=500"):
            lists += page.lists
        return lists

    def custom_fields(self) -> list[CustomField]:
        """Read every custom field, through all pages."""
        fields = []
        for page in self.pages(FieldPage, "/contact_custom_fields?limit=100"):
            fields += page.custom_fields
        return fields

    def find(self, email: str, lists: bool = False) -> Contact | None:
        """Find the contact with this address in any state, also deleted ones."""
        params = {"email": email, "status": "all"}
        if lists:
            params["include"] = "list_memberships"
        contacts = self.get(ContactSummary, "/contacts", params).contacts
        if not contacts:
            return None
        return contacts[0]

    def opted_out(self, after: datetime) -> Iterator[list[Contact]]:
        """Yield, page by page, who opted out after a moment and has not come back.

        The moment is in the provider's time; deleted contacts are among them.
        """
        params = {
            "status": "unsubscribed,deleted",
            "optout_after": after.isoformat(),
            "limit": 500,
        }
        path = f"/contacts?{urlencode(params)}"
        for page in self.pages(ContactPage, path, MAX_OPT_OUT_PAGES):
            yield [contact for contact in page.contacts if contact.opted_out]

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
        self.turn()
        try:
            return self.answer(shape, "GET", f"{self.api_url}{path}", params=params)
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
            parsed: T = _reader(shape).validate_python(http.json_of(answer))
        except errors.Paused as paused:
            self.refused(paused)
            raise
        except ValidationError:
            what = f"an answer that is no {shape.__name__}"
            raise http.nonsense(answer, what) from None
        return parsed


@cache
def _cached_reader(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


# mypy does not know that a list of a shape can be the key of a cache.
_reader: Callable[[Any], TypeAdapter[Any]] = _cached_reader
