"""The API key of this installation, from the environment or the setup page.

One that was entered on the setup page is stored encrypted. The environment wins, so
that whoever runs the installation can always overrule what is stored.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select, update

from app.accounts.models import Account, StoredApiKey, TokenSet
from app.constant_contact import errors, probe
from app.constant_contact.oauth import Credentials
from app.core.crypto import CannotDecrypt
from app.core.logs import log
from app.database.session import db, insert, write_transaction
from app.services import services

THE_ONE = "the-one"
OF_THE_KEY = ("client_refused", "other_key")  # troubles that another API key can end
# a reason of words.API_KEY_CHECKS or REDIRECT_CHECKS, and their own words
Check = tuple[str, str]


@dataclass(frozen=True)
class ApiKey:
    """Which API key is in use and since when; its secret stays where it is."""

    client_id: str
    source: Literal["environment", "stored"]
    stored_at: datetime | None = None
    stored_by: str = ""


class Shut(errors.ClientRefused, CannotDecrypt):
    """The stored secret does not open.

    To whoever would use it that is a refusal for which nothing had to be sent.
    """


def current() -> ApiKey | None:
    """The API key in use, or None when there is none yet."""
    if came_with_settings():
        return ApiKey(services().settings.client_id, "environment")
    row = _row()
    if row is None:
        return None
    return ApiKey(row.client_id, "stored", row.stored_at, row.stored_by)


def came_with_settings() -> bool:
    """Whether the environment says which key; then none can be entered."""
    return bool(services().settings.client_id)


def client_id() -> str:
    """The API key alone, or an empty text."""
    return (
        services().settings.client_id
        or db.session.scalar(
            select(StoredApiKey.client_id).where(StoredApiKey.id == THE_ONE)
        )
        or ""
    )


def credentials() -> Credentials:
    """API key and secret in use, or empty texts. Raises `Shut`."""
    settings, row = services().settings, _row()
    if settings.client_id or row is None:
        return with_secret(
            settings.client_id, settings.client_secret.get_secret_value()
        )
    try:
        return with_secret(
            row.client_id,
            services().cipher.decrypt(
                row.client_secret, "api_key", THE_ONE, "client_secret"
            ),
        )
    except CannotDecrypt as error:
        raise Shut(str(error)) from None


def with_secret(client_id: str, client_secret: str) -> Credentials:
    """An API key as the provider's client takes it."""
    settings = services().settings
    return Credentials(
        client_id, client_secret, settings.auth_url, settings.http_deadline
    )


def store(client_id: str, client_secret: str, by: str) -> None:
    """Keep an API key, and let what waited for a better one go on at once."""
    sealed = services().cipher.encrypt(
        client_secret, "api_key", THE_ONE, "client_secret"
    )
    values = {
        "client_id": client_id,
        "client_secret": sealed,
        "stored_at": services().clock.now(),
        "stored_by": by,
    }
    with write_transaction() as session:
        session.execute(
            insert(StoredApiKey)
            .values(id=THE_ONE, **values)
            .on_conflict_do_update(index_elements=["id"], set_=values)
        )
        session.execute(
            update(Account)
            .where(Account.trouble.in_(OF_THE_KEY))
            .values(hold_until=None)
        )
        session.execute(
            update(TokenSet)
            .where(TokenSet.failure.in_(OF_THE_KEY))
            .values(next_attempt_at=None)
        )
    services().wakeup.set()
    log.info("api_key_changed")


def connected_with_it() -> int:
    """Count the accounts that hold tokens of the API key in use.

    With another API key they have to be connected again.
    """
    return db.session.scalar(select(func.count()).select_from(TokenSet)) or 0


def check(credentials: Credentials) -> Check:
    """Ask the provider whether it knows this API key with this secret.

    Returns "accepted", or the reason it gave.
    """
    return _tried(lambda: probe.api_key(credentials))


def check_redirect(credentials: Credentials) -> Check:
    """Ask the provider whether it would send owners back to us.

    Returns "accepted", or the reason it gave.
    """
    settings = services().settings
    return _tried(
        lambda: probe.redirect_uri(
            credentials, settings.scopes, settings.redirect_uri, settings.pkce
        )
    )


def reach(address: str) -> datetime | str | None:
    """Ask one of the provider's hosts what time it is.

    None when it answers without saying; the reason, as text, when nobody answers.
    """
    try:
        return probe.reach(address, services().settings.http_deadline)
    except errors.ProviderError as error:
        return f"{error.reason}: {error.detail}"


def _tried(ask: Callable[[], None]) -> Check:
    try:
        ask()
    except errors.ProviderError as error:
        return error.reason, error.detail
    return "accepted", ""


def _row() -> StoredApiKey | None:
    return db.session.get(StoredApiKey, THE_ONE)
