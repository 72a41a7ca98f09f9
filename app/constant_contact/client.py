"""The calls we make to the V3 API, each one checked for the shape we rely on.

Every method may raise a `ProviderError`; `turn` is asked before each call, so that the pace is kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_validator

from app.constant_contact import errors, http

MOST_PAGES = 50
M = TypeVar("M", bound=BaseModel)


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


class CustomField(BaseModel):
    custom_field_id: http.Plain = Field(max_length=36)
    label: http.Plain
    type: http.Plain = "string"


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
    permission_to_send: str | None = None


class Contact(BaseModel):
    """A contact as `GET /contacts?email=&status=all` shows it."""

    contact_id: str
    email_address: EmailAddress = EmailAddress()
    deleted_at: str | None = None
    list_memberships: list[str] = []  # only when asked for

    @property
    def opted_out(self) -> bool:
        return self.email_address.permission_to_send == "unsubscribed"


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

    def summary(self) -> Summary:
        return self._shaped(Summary, self._get("/account/summary"))

    def privileges(self) -> set[str]:
        found = self._shaped_list(Privilege, self._get("/account/user/privileges"))
        if not found:
            raise errors.Nonsense("a login without any privilege")
        return {privilege.privilege_name for privilege in found}

    def token_info(self) -> list[str] | None:
        """The scopes of our own token as `POST /token_info` tells them; None where the provider has switched it off.

        Contract section 2: deprecated, and never to be asked about an expired token.
        """
        self.turn()
        try:
            found = self._answer("POST", f"{self.api_url}/token_info", json={"token": self.access_token})
        except (errors.Forbidden, errors.Missing, errors.Unsupported):
            return None
        return self._shaped(TokenInfo, found).scopes

    def lists(self) -> list[ContactList]:
        """Every active list, through all pages."""
        return [item for page in self._pages("/contact_lists?limit=500")
                for item in self._shaped_list(ContactList, page.get("lists"))]

    def custom_fields(self) -> list[CustomField]:
        """Every custom field, through all pages."""
        return [item for page in self._pages("/contact_custom_fields?limit=100")
                for item in self._shaped_list(CustomField, page.get("custom_fields"))]

    def find(self, email: str, lists: bool = False) -> Contact | None:
        """The contact with this address in any state, deleted and unsubscribed ones included."""
        more = {"include": "list_memberships"} if lists else {}
        body = self._get("/contacts", {"email": email, "status": "all", **more})
        found = self._shaped_list(Contact, body.get("contacts") if isinstance(body, dict) else None)
        return found[0] if found else None

    def sign_up(self, body: dict[str, Any]) -> SignUpReply:
        """`POST /contacts/sign_up_form`: an upsert that gives explicit permission."""
        self.turn()
        return self._shaped(SignUpReply, self._answer("POST", f"{self.api_url}/contacts/sign_up_form", json=body))

    def _get(self, path: str, params: dict[str, str] | None = None) -> Any:
        self.turn()
        return self._answer("GET", f"{self.api_url}{path}", params=params)

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        for _ in range(MOST_PAGES):
            page = self._get(path)
            if not isinstance(page, dict):
                raise errors.Nonsense("a page that is not an object")
            yield page
            following = self._shaped(Page, page).links.next
            if not following:
                return
            path = self._same_host(following.href)

    def _same_host(self, href: str) -> str:
        base, link = urlsplit(self.api_url), urlsplit(href)
        if link.netloc not in ("", base.netloc) or not link.path.startswith(base.path + "/"):
            raise errors.Nonsense("a next page on another host")
        return f"{link.path.removeprefix(base.path)}?{link.query}"

    def _answer(self, method: str, address: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.access_token}", "Accept": "application/json"}
        return http.json_of(self.session.request(method, address, headers=headers, **more))

    @staticmethod
    def _shaped(shape: type[M], body: Any) -> M:
        try:
            return shape.model_validate(body)
        except ValidationError:
            raise errors.Nonsense(f"an answer that is no {shape.__name__}") from None

    @staticmethod
    def _shaped_list(shape: type[M], body: Any) -> list[M]:
        try:
            return TypeAdapter(list[shape]).validate_python(body)  # type: ignore[valid-type]  # shape is a value here
        except ValidationError:
            raise errors.Nonsense(f"an answer that is no list of {shape.__name__}") from None
