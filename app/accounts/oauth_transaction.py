"""The authorization transaction: one trip to the provider and back.

It is begun in a browser, bound to it, and burnt once when it comes back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from app.accounts import api_key
from app.accounts.models import AuthorizationTransaction
from app.constant_contact.errors import ClientRefused
from app.constant_contact.oauth import Credentials, authorize_address, new_secret
from app.core.crypto import CannotDecrypt, digest
from app.database.session import db, new_id, rowcount, write_transaction
from app.services import services

KEPT = timedelta(days=30)


class ConnectingRefused(Exception):
    """The callback is not believed, or led nowhere.

    `reason` has a page of words, `more` goes beside them. `account_id` is the account
    that was connected before, and may have lost that by this trip.
    """

    def __init__(
        self,
        reason: str,
        transaction_id: str | None = None,
        detail: str = "",
        **more: str,
    ) -> None:
        super().__init__(reason)
        self.reason, self.transaction_id = reason, transaction_id
        self.detail, self.more = detail, more
        self.account_id: str | None = None


@dataclass(frozen=True)
class Origin:
    """Where a trip begins: at a link, a status page, or in the dashboard.

    With an account it has to end at that very one; without, any account may be
    connected. With a user, an admin began it, and has to be one still when it ends.
    """

    link_id: str | None = None
    owner_page_id: str | None = None
    account_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True)
class Trip:
    """What a burnt transaction remembers of its start."""

    id: str
    redirect_uri: str
    code_verifier: str | None
    origin: Origin


def begin(browser: str, origin: Origin, fresh_sign_in: bool = False) -> str:
    """Open a transaction for this browser; return the provider's authorize address.

    Raises `Refused` when there is no API key to send along, or none that could be used
    afterwards.
    """
    credentials, settings = _credentials(), services().settings
    now, id, state = services().clock.now(), new_id(), new_secret()
    verifier, sealed_verifier = None, None
    if settings.pkce:
        verifier = new_secret()
        sealed_verifier = services().cipher.encrypt(verifier, *_verifiers_place(id))
    begun = AuthorizationTransaction(
        id=id,
        state_digest=digest(state),
        browser_digest=digest(browser),
        link_id=origin.link_id,
        owner_page_id=origin.owner_page_id,
        for_account_id=origin.account_id,
        user_id=origin.user_id,
        code_verifier=sealed_verifier,
        redirect_uri=settings.redirect_uri,
        created_at=now,
        expires_at=now + timedelta(minutes=settings.transaction_minutes),
    )
    with write_transaction() as session:
        session.execute(
            delete(AuthorizationTransaction).where(
                AuthorizationTransaction.created_at < now - KEPT
            )
        )
        session.add(begun)
    return authorize_address(
        credentials,
        settings.scopes,
        settings.redirect_uri,
        state,
        verifier,
        "login" if fresh_sign_in else "",
    )


def coming_back(state: str, browser: str) -> str:
    """Return the id of the transaction of this state, in the browser that began it.

    Raises `ConnectingRefused`.
    """
    begun = db.session.scalar(
        select(AuthorizationTransaction).where(
            AuthorizationTransaction.state_digest == digest(state)
        )
    )
    if begun is None:
        raise ConnectingRefused("state_unknown")
    if not _is_of(begun, browser):
        raise ConnectingRefused("other_browser")
    return begun.id


def burn(transaction_id: str) -> Trip:
    """Take a transaction, once. Raises `ConnectingRefused`."""
    begun = db.session.get_one(AuthorizationTransaction, transaction_id)
    try:
        trip, expires_at = _trip(begun), begun.expires_at
    except CannotDecrypt:  # the key was exchanged while the owner was away
        raise ConnectingRefused("too_late", begun.id) from None
    now = services().clock.now()
    if not _burn_once(trip.id, now):
        raise ConnectingRefused("already_used", trip.id)
    if now > expires_at:
        raise ConnectingRefused("too_late", trip.id)
    return trip


def trip_of(transaction_id: str) -> Trip:
    """Return what a burnt transaction remembers of its start."""
    return _trip(db.session.get_one(AuthorizationTransaction, transaction_id))


def settle(
    transaction_id: str,
    outcome: str,
    account_id: str | None = None,
    checklist: list[dict[str, Any]] | None = None,
    details: dict[str, str] | None = None,
) -> None:
    """Note how the trip ended, for the page that tells the owner.

    A token set that was kept goes, unless it may yet serve an account.
    """
    values: dict[str, Any] = {
        "outcome": outcome,
        "account_id": account_id,
        "checklist": checklist or [],
        "details": details or {},
    }
    if outcome == "connected" or account_id is None:
        values["granted"] = None
    with write_transaction() as session:
        session.execute(
            update(AuthorizationTransaction)
            .where(AuthorizationTransaction.id == transaction_id)
            .values(values)
        )


def of_browser(transaction_id: str, browser: str) -> AuthorizationTransaction | None:
    """A transaction, but only for the browser that began it."""
    begun = db.session.get(AuthorizationTransaction, transaction_id)
    if begun is None or not _is_of(begun, browser):
        return None
    return begun


def _is_of(begun: AuthorizationTransaction, browser: str) -> bool:
    return bool(browser) and begun.browser_digest == digest(browser)


def _credentials() -> Credentials:
    try:
        in_use = api_key.credentials()
    except ClientRefused as refusal:
        raise ConnectingRefused("client_refused", detail=refusal.detail) from None
    if not in_use.client_id:
        raise ConnectingRefused("client_refused")
    return in_use


def _trip(begun: AuthorizationTransaction) -> Trip:
    verifier = None
    if begun.code_verifier:
        place = _verifiers_place(begun.id)
        verifier = services().cipher.decrypt(begun.code_verifier, *place)
    origin = Origin(
        begun.link_id, begun.owner_page_id, begun.for_account_id, begun.user_id
    )
    return Trip(begun.id, begun.redirect_uri, verifier, origin)


def _verifiers_place(id: str) -> tuple[str, str, str]:
    """Table, row and column: a verifier opens nowhere else."""
    return "authorization_transaction", id, "code_verifier"


def _burn_once(transaction_id: str, now: datetime) -> bool:
    burn = (
        update(AuthorizationTransaction)
        .where(
            AuthorizationTransaction.id == transaction_id,
            AuthorizationTransaction.burnt_at.is_(None),
        )
        .values(burnt_at=now, code_verifier=None)
    )
    with write_transaction() as session:
        return rowcount(session, burn) == 1
