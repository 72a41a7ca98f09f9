"""Whether the key at hand is the one this database was sealed with."""

from sqlalchemy import select

from app.accounts.api_key import THE_ONE
from app.accounts.models import AccountEvent, StoredApiKey, TokenSet
from app.core.crypto import CannotDecrypt
from app.database.session import db, write_transaction
from app.services import services

ACCESS, REFRESH = "access_token", "refresh_token"


def kept() -> tuple[int, int]:
    """(how many sealed values there are, how many of them open)."""
    opens = []
    for tokens in db.session.execute(
        select(TokenSet.id, TokenSet.access_token, TokenSet.refresh_token)
    ):
        opens.append(_opens(tokens.access_token, "token_set", tokens.id, ACCESS))
        opens.append(_opens(tokens.refresh_token, "token_set", tokens.id, REFRESH))
    for secret in db.session.scalars(select(StoredApiKey.client_secret)):
        opens.append(_opens(secret, "api_key", THE_ONE, "client_secret"))
    return len(opens), sum(opens)


def fits() -> bool:
    """False when no encrypted value opens: the key is another installation's."""
    sealed, opening = kept()
    return opening > 0 or sealed == 0


def forget_unopened() -> int:
    """Remove encrypted values that do not open, for ever.

    Returns how many accounts that disconnected. Forms, sign-ups and the queue stay; the
    owners connect again.
    """
    now = services().clock.now()
    with write_transaction() as session:
        lost = [each for each in session.scalars(select(TokenSet)) if _is_lost(each)]
        for tokens in lost:
            tokens.account.disconnected_at = now
            session.add(
                AccountEvent(account_id=tokens.account_id, at=now, what="disconnected")
            )
            session.delete(tokens)
        stored = session.get(StoredApiKey, THE_ONE)
        if stored and not _opens(
            stored.client_secret, "api_key", THE_ONE, "client_secret"
        ):
            session.delete(stored)
        return len(lost)


def _is_lost(tokens: TokenSet) -> bool:
    access = _opens(tokens.access_token, "token_set", tokens.id, ACCESS)
    refresh = _opens(tokens.refresh_token, "token_set", tokens.id, REFRESH)
    return not (access and refresh)


def _opens(sealed: str, table: str, id: str, column: str) -> bool:
    try:
        services().cipher.decrypt(sealed, table, id, column)
    except CannotDecrypt:
        return False
    return True
