"""An account's lists and custom fields: read once for real, then copied as rows.

Reading them costs more than all else that connecting an account takes, and most tests
only want an account that has them.
"""

from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.accounts import facts
from app.accounts.api_client import client, pace
from app.accounts.models import Account, AccountField, AccountList
from app.database.session import db, new_id, write_transaction
from app.simulator.server import Running

TABLES = (AccountList, AccountField)
OF_EACH_ACCOUNT = ("id", "account_id")
Rows = dict[type[Any], list[dict[str, Any]]]

_rows: dict[str, Rows] = {}
"""What a real read stored, by what the simulator shows."""


def read(simulator: Running, account: Account, access_token: str) -> None:
    """Store the account's facts: what a real read stored of the same lists and fields,
    or by a real one where there was none, or where the simulator makes trouble.
    """
    shown = _shown(simulator, account.provider_id)
    if not _is_well(simulator):
        facts.read_all(account.id, client(access_token))
    elif shown in _rows:
        if pace().today() is None:  # the row of calls, which a real read makes
            pace().acquire()
        with write_transaction() as session:
            _copy(session, account.id, _rows[shown])
        facts.mark_read(account.id)
    else:
        facts.read_all(account.id, client(access_token))
        _rows[shown] = _stored(account.id)


def _is_well(simulator: Running) -> bool:
    provider = simulator.simulator
    as_started = provider.settings == provider.started_with
    return as_started and not provider.faults.all()


def _shown(simulator: Running, provider_id: str) -> str:
    """What the simulator would answer, but for the times, which no fact has."""
    account = simulator.state.accounts[provider_id]
    resources = [*account.lists.values(), *account.fields.values()]
    return repr([_without_times(resource) for resource in resources])


def _without_times(resource: dict[str, Any]) -> dict[str, Any]:
    times = ("created_at", "updated_at")
    return {name: value for name, value in resource.items() if name not in times}


def _stored(account_id: str) -> Rows:
    return {table: _rows_of(table, account_id) for table in TABLES}


def _rows_of(table: type[Any], account_id: str) -> list[dict[str, Any]]:
    columns = [c for c in table.__table__.columns if c.name not in OF_EACH_ACCOUNT]
    stored = db.session.execute(select(*columns).where(table.account_id == account_id))
    return [dict(row) for row in stored.mappings()]


def _copy(session: Session, account_id: str, rows: Rows) -> None:
    for table, of_table in rows.items():
        own = [{"id": new_id(), "account_id": account_id, **row} for row in of_table]
        session.execute(insert(table), own)
