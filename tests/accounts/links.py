"""Links that lead an owner back, and accounts that need one."""

import pytest
from sqlalchemy import select

from app.accounts import invitations, tokens
from app.accounts.models import Account, AccountEvent, ConnectLink
from app.accounts.tokens import NeedsOwner
from app.database.session import db
from tests.world import PUBLIC_URL, ROTATING, World

ABOUT_LINKS = ("owner_asked", "link_opened")


def link_for(account: Account) -> str:
    return invitations.create(
        account.name, 7, "admin@example.com", account.id
    ).address.removeprefix(PUBLIC_URL)


def refused(world: World, account: Account) -> None:
    """The provider ends the grant, and Latchkey finds out."""
    world.control("revoke", account=account.provider_id, client_id=ROTATING.client_id)
    world.expired(account)
    with pytest.raises(NeedsOwner):
        tokens.fresh_token(account.id)


def life(account: Account) -> list[str]:
    """What happened to an account, but for links that were sent and opened."""
    return [what for what in whole_life(account) if what not in ABOUT_LINKS]


def whole_life(account: Account) -> list[str]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(AccountEvent.what)
            .where(AccountEvent.account_id == account.id)
            .order_by(AccountEvent.at)
        )
    )


def link_state(world: World) -> str:
    db.session.rollback()
    db.session.expire_all()
    return invitations.state(
        db.session.scalars(select(ConnectLink)).one(), world.clock.now()
    )
