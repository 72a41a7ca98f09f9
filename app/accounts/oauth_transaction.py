"""The authorization transaction: begun in a browser, bound to it, burnt once when it
comes back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from app.accounts.api_key import credentials
from app.accounts.models import AuthorizationTransaction
from app.constant_contact.errors import ClientRefused
from app.constant_contact.oauth import Credentials, authorize_address, new_secret
from app.core.crypto import CannotDecrypt, digest
from app.database.session import db, new_id, rowcount, write_transaction
from app.services import services


class ConnectingRefused(Exception):
    """The callback is not believed, or led nowhere; `reason` has a page of words,
    `more` goes beside them.
    """

    def __init__(
        self,
        reason: str,
        transaction_id: str | None = None,
        detail: str = "",
        **more: str,
    ) -> None:
        super().__init__(reason)
        self.reason, self.transaction_id, self.detail, self.more = (
            reason,
            transaction_id,
            detail,
            more,
        )


@dataclass(frozen=True)
class Origin:
    """Where a trip begins: at a link, at an owner's status page, or else in the
    dashboard.

    With an account it has to end at that very one; without, any account may be
    connected.
    """

    link_id: str | None = None
    owner_page_id: str | None = None
    account_id: str | None = None


@dataclass(frozen=True)
class Trip:
    """What a burnt transaction remembers of its start."""

    id: str
    redirect_uri: str
    code_verifier: str | None
    origin: Origin


def begin(browser: str, origin: Origin, fresh_sign_in: bool = False) -> str:
    """Open a transaction for this browser; return the provider's authorize address to
    send it to.

    Raises `Refused` when there is no API key to send along, or none that could be used
    afterwards.
    """
    here, state, given = services(), new_secret(), _credentials()
    verifier = new_secret() if here.settings.pkce else None
    now, id = here.clock.now(), new_id()
    with write_transaction() as session:
        session.execute(
            delete(AuthorizationTransaction).where(
                AuthorizationTransaction.created_at < now - timedelta(days=30)
            )
        )
        session.add(
            AuthorizationTransaction(
                id=id,
                state_digest=digest(state),
                browser_digest=digest(browser),
                link_id=origin.link_id,
                owner_page_id=origin.owner_page_id,
                for_account_id=origin.account_id,
                code_verifier=verifier
                and here.cipher.encrypt(
                    verifier, "authorization_transaction", id, "code_verifier"
                ),
                redirect_uri=here.settings.redirect_uri,
                created_at=now,
                expires_at=now + timedelta(minutes=here.settings.transaction_minutes),
            )
        )
    return authorize_address(
        given,
        here.settings.scopes,
        here.settings.redirect_uri,
        state,
        verifier,
        "login" if fresh_sign_in else "",
    )


def burn(state: str, browser: str) -> Trip:
    """Take the transaction of this state, once, in the browser that began it; or raise
    `Refused`.
    """
    found = db.session.scalar(
        select(AuthorizationTransaction).where(
            AuthorizationTransaction.state_digest == digest(state)
        )
    )
    if found is None:
        raise ConnectingRefused("state_unknown")
    if not browser or found.browser_digest != digest(browser):
        raise ConnectingRefused("other_browser")
    try:
        trip, expires_at = _trip(found), found.expires_at
    except CannotDecrypt:  # the key was exchanged while the owner was away
        raise ConnectingRefused("too_late", found.id) from None
    now = services().clock.now()
    if not _burn_once(trip.id, now):
        raise ConnectingRefused("already_used", trip.id)
    if now > expires_at:
        raise ConnectingRefused("too_late", trip.id)
    return trip


def settle(
    transaction_id: str,
    outcome: str,
    account_id: str | None = None,
    checklist: list[dict[str, Any]] | None = None,
) -> None:
    """Note how the trip ended, for the page that tells the owner."""
    with write_transaction() as session:
        session.execute(
            update(AuthorizationTransaction)
            .where(AuthorizationTransaction.id == transaction_id)
            .values(outcome=outcome, account_id=account_id, checklist=checklist or [])
        )


def of_browser(transaction_id: str, browser: str) -> AuthorizationTransaction | None:
    """A transaction, but only for the browser that began it."""
    found = db.session.get(AuthorizationTransaction, transaction_id)
    return (
        found if found and browser and found.browser_digest == digest(browser) else None
    )


def _credentials() -> Credentials:
    try:
        given = credentials()
    except ClientRefused as shut:
        raise ConnectingRefused("client_refused", detail=shut.detail) from None
    if not given.client_id:
        raise ConnectingRefused("client_refused")
    return given


def _trip(found: AuthorizationTransaction) -> Trip:
    verifier = found.code_verifier and services().cipher.decrypt(
        found.code_verifier, "authorization_transaction", found.id, "code_verifier"
    )
    origin = Origin(found.link_id, found.owner_page_id, found.for_account_id)
    return Trip(found.id, found.redirect_uri, verifier or None, origin)


def _burn_once(transaction_id: str, now: datetime) -> bool:
    with write_transaction() as session:
        return (
            rowcount(
                session,
                update(AuthorizationTransaction)
                .where(
                    AuthorizationTransaction.id == transaction_id,
                    AuthorizationTransaction.burnt_at.is_(None),
                )
                .values(burnt_at=now, code_verifier=None),
            )
            == 1
        )
