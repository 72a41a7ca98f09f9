"""Accounts that people are told about."""

from datetime import timedelta

from sqlalchemy import select

from app.accounts.models import Account, TokenSet
from app.database.session import db, new_id, write_transaction
from tests.world import World

TOKEN, API = "/oauth2/default/v1/token", "/v3/"


def a_thousand_accounts(world: World) -> None:
    world.account()
    db.session.rollback()
    account = dict(db.session.execute(select(Account.__table__)).mappings().one())
    held = dict(db.session.execute(select(TokenSet.__table__)).mappings().one())
    ids = [new_id() for _ in range(1000)]
    later = world.clock.now() + timedelta(hours=20)
    with write_transaction() as session:
        session.execute(
            Account.__table__.insert(),
            [{**account, "id": id, "provider_id": id} for id in ids],
        )
        session.execute(
            TokenSet.__table__.insert(),
            [
                {**held, "id": id, "account_id": id, "refresh_due_at": later}
                for id in ids
            ],
        )
