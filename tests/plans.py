"""What the database means to do for the statements that a piece of our code really
runs.
"""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from app.database.session import db

Statement = tuple[str, Any]


def statements_of(act: Callable[[], object]) -> list[Statement]:
    """The SELECTs, UPDATEs and INSERTs that `act` runs, with their parameters."""
    seen: list[Statement] = []

    def note(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any
    ) -> None:
        if re.match(r"\s*(SELECT|WITH|UPDATE|DELETE)", statement):
            seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
        db.session.rollback()
    return seen


def whole_walks(statements: list[Statement], table: str) -> list[str]:
    """The statements for which the database would read all of a table, or all of one of
    its indexes.
    """
    return [
        statement
        for statement, parameters in statements
        if _walks(statement, parameters, table)
    ]


def _walks(statement: str, parameters: Any, table: str) -> bool:
    lite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        lines = connection.exec_driver_sql(
            f"EXPLAIN {'QUERY PLAN ' if lite else ''}{statement}", parameters
        )
        plan = "\n".join(str(line[-1]) for line in lines)
    if lite:
        names = {table, *re.findall(rf"{table} AS (\w+)", statement)}
        return any(
            re.search(
                rf"SCAN {name}\b(?! USING (COVERING )?INDEX"
                r" ix_signup_(turn|due|person_waiting))",
                plan,
            )
            for name in names
        )
    return re.search(rf"Seq Scan on {table}\b", plan) is not None
