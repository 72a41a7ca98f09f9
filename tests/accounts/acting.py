"""What tests of token sets do again and again, and how they look at what is stored."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import select

from app.accounts import tokens
from app.accounts.models import Account, AccountEvent, TokenSet
from app.database.session import db
from tests.world import World

TOKEN = "/oauth2/default/v1/token"


def pair(account: Account) -> tuple[str, str]:
    """The stored pair, opened."""
    db.session.rollback()
    db.session.expire_all()
    held = db.session.scalars(
        select(TokenSet).where(TokenSet.account_id == account.id)
    ).one()
    return opened(held, "access_token"), opened(held, "refresh_token")


def opened(held: TokenSet, column: str) -> str:
    from app.services import services

    return services().cipher.decrypt(
        getattr(held, column), "token_set", held.id, column
    )


def stored(account: Account) -> TokenSet:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(
        select(TokenSet).where(TokenSet.account_id == account.id)
    ).one()


def happened(account: Account) -> list[str]:
    return list(
        db.session.scalars(
            select(AccountEvent.what).where(AccountEvent.account_id == account.id)
        )
    )


def wanted_by(world: World, account: Account, many: int) -> list[str]:
    """What so many threads get that ask at once."""
    together = threading.Barrier(many)

    def want(_: int) -> str:
        with world.app.app_context():
            together.wait()
            return tokens.fresh_token(account.id)

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(want, range(many)))


# -- shapes the pretend provider does not speak


def reply(**changes: Any) -> dict[str, Any]:
    return {
        "token_type": "Bearer",
        "access_token": "fake-access",
        "expires_in": 86_400,
        "refresh_token": "fake-refresh",
        "scope": "contact_data offline_access",
    } | changes
