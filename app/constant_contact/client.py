"""The calls we make to the V3 API, each one checked for the shape we rely on.

Every method may raise a `ProviderError`; `turn` is asked before each call, so that the
pace is kept.
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
    """`metadata` is kept as it comes: `display_type`, `allow_negative`,
    `decimal_places`, `integer` and others.
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
        """What forms and imports need: its name, its metadata, the labels of its
        choices in order, and their ids.
        """
        ordered = sorted(self.choices, key=lambda choice: choice.display_order or 0)
        named = {"name": self.name} if self.name else {}
        return (
            self.metadata
            | named
            | (
                {
                    "choices": [choice.choice_label for choice in ordered],
                    "choice_ids": {
                        choice.choice_label: str(choice.choice_id) for choice in ordered
                    },
                }
                if ordered
                else {}
            )
        )


class Next(BaseModel):
    href: str


class Links(BaseModel):
    next: Next | None = None


class Page(BaseModel):
    """Where a page's next one is, if there is one."""

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
        """Times come in several flavours (contract section 6), and a contact is worth
        more than one of them.
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
    # told of every 429; what it raises goes on
    refused: Callable[[errors.Paused], None] = lambda _: None

    def summary(self) -> Summary:
        return self.get(Summary, "/account/summary")

    def privileges(self) -> set[str]:
        found = self.get(list[Privilege], "/account/user/privileges")
        if not found:
            raise errors.Nonsense("a login without any privilege")
        return {privilege.privilege_name for privilege in found}

    def token_info(self) -> list[str] | None:
        """The scopes of our own token as `POST /token_info` tells them; None where the
        provider has switched it off.

        Contract section 2: deprecated, and never to be asked about an expired token.
        """
        self.turn()
        try:
            found = self.answer(
                TokenInfo,
                "POST",
                f"{self.api_url}/token_info",
                json={"token": self.access_token},
            )
        except (errors.Forbidden, errors.Missing, errors.Unsupported):
            return None
        return found.scopes

    def lists(self) -> list[ContactList]:
        """Every active list, through all pages."""
        return [
            item
            for page in self.pages(ListPage, "/contact_lists?limit=500")
            for item in page.lists
        ]

    def custom_fields(self) -> list[CustomField]:
        """Every custom field, through all pages."""
        pages = self.pages(FieldPage, "/contact_custom_fields?limit=100")
        return [item for page in pages for item in page.custom_fields]

    def find(self, email: str, lists: bool = False) -> Contact | None:
        """The contact with this address in any state, deleted and unsubscribed ones
        included.
        """
        more = {"include": "list_memberships"} if lists else {}
        found = self.get(
            ContactSummary, "/contacts", {"email": email, "status": "all", **more}
        ).contacts
        return found[0] if found else None

    def opted_out(self, after: datetime) -> Iterator[list[Contact]]:
        """Who opted out after a moment (the provider's time) and has not come back,
        page by page, deleted ones too.
        """
        query = urlencode(
            {
                "status": "unsubscribed,deleted",
                "optout_after": after.isoformat(),
                "limit": 500,
            }
        )
        for page in self.pages(ContactPage, f"/contacts?{query}", MAX_OPT_OUT_PAGES):
            yield [one for one in page.contacts if one.opted_out]

    def sign_up(self, body: dict[str, Any]) -> SignUpReply:
        """`POST /contacts/sign_up_form`: an upsert that gives explicit permission."""
        self.turn()
        return self.answer(
            SignUpReply, "POST", f"{self.api_url}/contacts/sign_up_form", json=body
        )

    def get(self, shape: type[T], path: str, params: dict[str, str] | None = None) -> T:
        """What a route that is always there says.

        Were it gone, that would be no fault of whom we ask about.
        """
        self.turn()
        try:
            return self.answer(shape, "GET", f"{self.api_url}{path}", params=params)
        except (errors.Missing, errors.Unsupported) as error:
            raise errors.Nonsense(
                error.detail, error.status, error.request_id
            ) from None

    def pages(self, shape: type[P], path: str, most: int = MAX_PAGES) -> Iterator[P]:
        """One page after the other, each link followed as it is, but to no other host."""
        for _ in range(most):
            page = self.get(shape, path)
            yield page
            if not page.links.next:
                return
            path = self._same_host(page.links.next.href)

    def _same_host(self, href: str) -> str:
        base, link = urlsplit(self.api_url), urlsplit(href)
        if link.netloc not in ("", base.netloc) or not link.path.startswith(
            base.path + "/"
        ):
            raise errors.Nonsense("a next page on another host")
        return f"{link.path.removeprefix(base.path)}?{link.query}"

    def answer(self, shape: type[T], method: str, address: str, **more: Any) -> T:
        """What is said to one call, in the shape we rely on; whoever makes it has asked
        for the turn.
        """
        return self.read(shape, self.ask(method, address, **more))

    def ask(
        self,
        method: str,
        address: str,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> requests.Response:
        """One call, whatever is said to it; `timeout` are the seconds that the whole
        exchange may take.
        """
        ours = {
            "Authorization": f"Bearer {self.access_token}",
            "Accept": "application/json",
        }
        return self.session.request(
            method, address, headers=ours | (headers or {}), **more
        )

    def read(self, shape: type[T], answer: requests.Response) -> T:
        """An answer in the shape we rely on, or the error that it means."""
        try:
            found: T = _reader(shape).validate_python(http.json_of(answer))
            return found
        except errors.Paused as paused:
            self.refused(paused)
            raise
        except ValidationError:
            raise http.nonsense(
                answer, f"an answer that is no {shape.__name__}"
            ) from None


@cache
def _made(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


# to mypy a list of a shape is no key of a cache
_reader: Callable[[Any], TypeAdapter[Any]] = _made
