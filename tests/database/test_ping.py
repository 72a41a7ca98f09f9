"""A connection that the server ended while nobody used it is replaced, and nobody
notices.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from app.database.ping import ask_the_idle
from tests.postgres import Postgres


@pytest.fixture
def engine(postgres: Postgres, postgres_database: str) -> Iterator[Engine]:
    made = create_engine(
        postgres.address(postgres_database), pool_size=1, max_overflow=0
    )
    yield made
    made.dispose()


def used_then_ended(engine: Engine, postgres: Postgres) -> None:
    with engine.connect() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    postgres._run(f"SELECT pg_terminate_backend({pid}, 5000)")


def test_a_connection_that_ended_while_idle_is_replaced(
    engine: Engine, postgres: Postgres
) -> None:
    ask_the_idle(engine, after=0)
    used_then_ended(engine, postgres)

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_one_that_was_used_just_now_is_not_asked_and_its_end_is_told(
    engine: Engine, postgres: Postgres
) -> None:
    ask_the_idle(engine, after=60)
    used_then_ended(engine, postgres)

    with pytest.raises(OperationalError), engine.connect() as connection:
        connection.execute(text("SELECT 1"))

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
