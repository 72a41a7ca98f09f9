"""What we ask of connections to PostgreSQL, at both ends, and who may ask otherwise."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from app.config.settings import Settings
from app.database import connect_options
from tests.postgres import Postgres
from tests.relay import Relay

ASKED_OF_THE_SERVER = (
    "lock_timeout",
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "tcp_user_timeout",
    "tcp_keepalives_idle",
    "tcp_keepalives_interval",
    "tcp_keepalives_count",
)


@pytest.fixture
def relay(postgres: Postgres, postgres_database: str) -> Iterator[Relay]:
    made = Relay(postgres.address(postgres_database))
    yield made
    made.stop()


def of(address: str, **values: float) -> Settings:
    return Settings.model_construct(database_url=address, **values)


def as_the_server_has_it(settings: Settings) -> dict[str, str]:
    """Each option, as a connection with it is told by the server."""
    engine = create_engine(
        settings.database, connect_args=connect_options.connect_args(settings)
    )
    with engine.connect() as connection:
        values = {
            name: str(connection.scalar(text(f"SHOW {name}")))
            for name in ASKED_OF_THE_SERVER
        }
    engine.dispose()
    return values


def test_the_server_is_told_when_to_give_up(
    postgres: Postgres, postgres_database: str
) -> None:
    told = as_the_server_has_it(of(postgres.address(postgres_database)))

    assert told["lock_timeout"] == "3s"
    assert told["statement_timeout"] == "30s"
    assert told["idle_in_transaction_session_timeout"] == "20s"


def test_each_is_a_setting() -> None:
    settings = of(
        "postgresql://db/latchkey",
        db_connect_timeout=7,
        db_tcp_timeout=1.5,
        db_keepalive=30,
        db_lock_timeout=2,
        db_statement_timeout=9,
        db_idle_timeout=4,
    )

    options = connect_options.connect_args(settings)

    assert options.pop("options").split(" -c ") == [
        "-c lock_timeout=2000",
        "statement_timeout=9000",
        "idle_in_transaction_session_timeout=4000",
        "tcp_user_timeout=1500",
        "tcp_keepalives_idle=30",
        "tcp_keepalives_interval=10",
        "tcp_keepalives_count=3",
    ]
    assert options == {
        "connect_timeout": 7,
        "tcp_user_timeout": 1500,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    assert connect_options.patience(settings) == 10


def test_libpq_knows_each_of_them(relay: Relay) -> None:
    told = as_the_server_has_it(of(relay.address, db_lock_timeout=1.25))

    assert told["lock_timeout"] == "1250ms"


def test_what_stands_in_the_address_wins(
    postgres: Postgres, postgres_database: str
) -> None:
    address = postgres.address(postgres_database)
    settings = of(
        f"{address}&connect_timeout=9&keepalives_idle=99"
        "&options=-c%20lock_timeout%3D7s%20-c%20statement_timeout%3D0"
    )

    told = as_the_server_has_it(settings)
    options = connect_options.connect_args(settings)

    assert (told["lock_timeout"], told["statement_timeout"]) == ("7s", "0")
    assert told["idle_in_transaction_session_timeout"] == "20s"
    assert "connect_timeout" not in options
    assert "keepalives_idle" not in options
    assert connect_options.patience(settings) is None


def test_a_lock_is_never_waited_for_longer_than_a_call_may_take() -> None:
    settings = of("postgresql://db/latchkey", db_lock_timeout=60, http_deadline=10)

    assert "-c lock_timeout=10000 " in connect_options.connect_args(settings)["options"]
