"""A look at a connected account: its facts and rights, and its token.

Lists, custom fields and rights are read afresh; the token's signature and scopes are
looked at from outside.
"""

from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts import facts, privileges, recovery, sender, tokens
from app.accounts.api_client import client
from app.accounts.models import Account, TokenSet
from app.constant_contact import errors, http
from app.constant_contact.signature import Keys
from app.database.session import db, rowcount, write_transaction
from app.services import services

LOOK_LEASE = timedelta(minutes=10)  # longer than a look takes


def look_if_unread(account_id: str, before: datetime, mended_before: datetime) -> None:
    """Look in the background, unless another process looks or has just looked.

    Raises what `look` raises.
    """
    due = facts.is_unread(before, mended_before)
    now = services().clock.now()
    with facts.LEASE.hold(account_id, due, now=now, most=LOOK_LEASE) as fence:
        if fence:
            look(account_id, patience=0, can_wait=True)


def look(account_id: str, patience: float, can_wait: bool = False) -> None:
    """Read lists, custom fields and rights afresh, and look at the token.

    Raises `NotNow`, `NeedsOwner`, `CannotOpen`, `NoAllowance` or a `ProviderError`. A
    signature that cannot be checked, or is not the provider's, is noted and changes
    nothing: the provider judges its own tokens, and the address of its keys is not
    documented.
    """
    connected_at = db.session.scalar(
        select(Account.connected_at).where(Account.id == account_id)
    )
    token = tokens.fresh_token(account_id, patience)
    api = client(token, can_wait)
    facts.read_all(account_id, api)
    missing = privileges.missing(api)
    signature = _signature(token)
    with write_transaction() as session:
        if not rowcount(
            session,
            update(Account)
            .where(
                Account.id == account_id,
                Account.connected_at == connected_at,
                Account.disconnected_at.is_(None),
            )
            .values(privileges_missing=", ".join(missing)),
        ):
            return  # connected again meanwhile: this was the old login
        _note(
            session,
            account_id,
            signature=signature,
            signature_at=services().clock.now(),
        )
    recovery.note_good_answer(account_id, may_write=not missing)
    sender.read(account_id, api)
    # last, since it is deprecated: what was learnt before is kept, whatever it says
    scopes = api.token_info()
    with write_transaction() as session:
        _note(
            session,
            account_id,
            token_info=http.plain(" ".join(scopes or ()), 255),
        )


def _note(session: Session, account_id: str, **values: Any) -> None:
    session.execute(
        update(TokenSet).where(TokenSet.account_id == account_id).values(values)
    )


def _signature(token: str) -> str:
    """genuine, forged, unknown_key or unreadable: see words.SIGNATURES."""
    try:
        return _keys().verdict(token, services().clock.now())
    except errors.ProviderError:
        return "unreadable"


def _keys() -> Keys:
    settings = services().settings
    keys: Keys = current_app.extensions.setdefault(
        "latchkey.keys", Keys(settings.keys_address, settings.http_deadline)
    )
    return keys
