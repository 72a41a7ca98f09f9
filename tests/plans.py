"""What the database means to do for the statements that a piece of our code really
runs.
"""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event

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


def steps_of(statements: list[Statement]) -> int:
    """How much the database does for these statements, run once more and taken back:
    steps of SQLite's virtual machine, rows that pass through PostgreSQL's plans.
    """
    lite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        count = _machine_steps if lite else _rows_passed
        steps = sum(count(connection, *statement) for statement in statements)
        connection.rollback()
    return steps


def _machine_steps(connection: Connection, statement: str, parameters: Any) -> int:
    hundreds: list[None] = []
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(lambda: hundreds.append(None), 100)
    try:
        result = connection.exec_driver_sql(statement, parameters)
        if result.returns_rows:
            result.all()
    finally:
        driver.set_progress_handler(None, 0)
    return 100 * len(hundreds)


def _rows_passed(connection: Connection, statement: str, parameters: Any) -> int:
    (explained,) = connection.exec_driver_sql(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters
    ).scalar_one()
    return _rows_below(explained["Plan"])


def _rows_below(node: dict[str, Any]) -> int:
    rows = int(node["Actual Rows"] * node["Actual Loops"])
    rows += int(node.get("Rows Removed by Filter", 0) * node["Actual Loops"])
    rows += int(node.get("Rows Removed by Join Filter", 0) * node["Actual Loops"])
    return rows + sum(map(_rows_below, node.get("Plans", [])))


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
