"""Whether the key at hand is the one this database was sealed with."""

from sqlalchemy import select

from app.accounts.api_key import THE_ONE
from app.accounts.models import AccountEvent, StoredApiKey, TokenSet
from app.core.crypto import CannotDecrypt
from app.database.session import db, write_transaction
from app.services import services


def kept() -> tuple[int, int]:
    """(how many sealed values there are, how many of them open)."""
    rows = [
        (value, "token_set", id, column)
        for id, access, refresh in db.session.execute(
            select(TokenSet.id, TokenSet.access_token, TokenSet.refresh_token)
        )
        for value, column in ((access, "access_token"), (refresh, "refresh_token"))
    ]
    rows += [
        (value, "api_key", THE_ONE, "client_secret")
        for value in db.session.scalars(select(StoredApiKey.client_secret))
    ]
    return len(rows), sum(_opens(*row) for row in rows)


def fits() -> bool:
    """False when there are sealed values and none of them opens: the key is another
    installation's.
    """
    there, open = kept()
    return open > 0 or there == 0


def forget_unopened() -> int:
    """Remove sealed values that do not open, for ever; return how many accounts that
    disconnected.

    Forms, sign-ups and the queue stay; the owners connect again.
    """
    now = services().clock.now()
    with write_transaction() as session:
        lost = [
            held
            for held in session.scalars(select(TokenSet))
            if not all(
                _opens(getattr(held, column), "token_set", held.id, column)
                for column in ("access_token", "refresh_token")
            )
        ]
        for held in lost:
            held.account.disconnected_at = now
            session.add(
                AccountEvent(account_id=held.account_id, at=now, what="disconnected")
            )
            session.delete(held)
        stored = session.get(StoredApiKey, THE_ONE)
        if stored and not _opens(
            stored.client_secret, "api_key", THE_ONE, "client_secret"
        ):
            session.delete(stored)
        return len(lost)


def _opens(sealed: str, table: str, id: str, column: str) -> bool:
    try:
        services().cipher.decrypt(sealed, table, id, column)
    except CannotDecrypt:
        return False
    return True
