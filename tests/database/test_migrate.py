"""The schema's version: brought up to date at start, once, whoever starts; a newer one
refused.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import create_engine, inspect, select, text

from app import create_app
from app.accounts.models import AuthorizationTransaction, ConnectLink
from app.config.settings import SettingsError
from app.database import migrate
from app.database.session import db, write_transaction
from tests.conftest import KEY, test_settings
from tests.others import Other, starts
from tests.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a single table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create_from("template0")
    yield server.address(name)
    server.drop(name)


@pytest.fixture
def start(tmp_path: Path) -> Callable[[str], Flask]:
    return lambda address: create_app(
        test_settings(address, "http://127.0.0.1:1", tmp_path)
    )


def tables() -> set[str]:
    db.session.remove()
    return set(inspect(db.engine).get_table_names())


def test_an_empty_database_gets_its_schema_at_the_first_start(
    empty: str, start: Callable[[str], Flask]
) -> None:
    with start(empty).app_context():
        assert migrate.current() == migrate.head()
        assert tables() >= {
            "account",
            "token_set",
            "signup",
            "tally",
            "alembic_version",
        }
        db.engine.dispose()


def test_migrations_go_up_down_and_up_again(
    empty: str, start: Callable[[str], Flask]
) -> None:
    with start(empty).app_context():
        at_first = tables()
        db.session.remove()
        command.downgrade(migrate._config(), "base")
        below = tables()
        db.session.remove()
        command.upgrade(migrate._config(), "head")
        after = tables()
        db.engine.dispose()

    assert below == {"alembic_version"}
    assert after == at_first


def all_of(query: str) -> list[tuple[object, ...]]:
    rows = [tuple(row) for row in db.session.execute(text(query))]
    db.session.remove()
    return rows


def test_what_had_no_column_of_its_own_is_kept_on_the_way_up_and_down(
    empty: str, start: Callable[[str], Flask]
) -> None:
    governor = "SELECT api_key, bucket, used FROM governor ORDER BY used"
    with start(empty).app_context():
        command.downgrade(migrate._config(), "0011")
        with write_transaction() as session:
            for key, used in (("abc", 1), ("abc tokens", 2)):
                session.execute(
                    text(
                        "INSERT INTO governor (api_key, next_at, day, used)"
                        f" VALUES ('{key}', '2026-03-03', '2026-03-03', {used})"
                    )
                )
            for number, outcome, checklist in (
                (1, "denied", '[{"detail": "No."}]'),
                (2, "connected", '[{"what": "lists", "ok": true}]'),
            ):
                session.execute(
                    text(
                        "INSERT INTO authorization_transaction (id, state_digest,"
                        " browser_digest, redirect_uri, created_at, expires_at,"
                        " outcome, checklist) VALUES"
                        f" ('{number}', '{number}', '', '', '2026-03-03',"
                        f" '2026-03-03', '{outcome}', :checklist)"
                    ),
                    {"checklist": checklist},
                )
        db.session.remove()
        command.upgrade(migrate._config(), "head")
        above = all_of(governor)
        ends = {
            row.outcome: (row.checklist, row.details)
            for row in db.session.scalars(select(AuthorizationTransaction))
        }
        db.session.remove()
        command.downgrade(migrate._config(), "0011")
        below = all_of("SELECT api_key, used FROM governor ORDER BY used")
        said = {
            outcome: checklist if isinstance(checklist, str) else json.dumps(checklist)
            for outcome, checklist in all_of(
                "SELECT outcome, checklist FROM authorization_transaction"
            )
        }
        db.engine.dispose()

    assert above == [("abc", "api", 1), ("abc", "tokens", 2)]
    assert ends == {
        "denied": ([], {"detail": "No."}),
        "connected": ([{"what": "lists", "ok": True}], {}),
    }
    assert below == [("abc", 1), ("abc tokens", 2)]
    assert said == {
        "denied": '[{"detail": "No."}]',
        "connected": '[{"what": "lists", "ok": true}]',
    }


def test_a_link_that_somebody_left_by_was_opened(
    empty: str, start: Callable[[str], Flask]
) -> None:
    link = "INSERT INTO connect_link (id, digest, label, created_by, created_at,"
    trip = "INSERT INTO authorization_transaction (id, state_digest, browser_digest,"
    with start(empty).app_context():
        command.downgrade(migrate._config(), "0015")
        with write_transaction() as session:
            for id in ("left", "unseen"):
                values = f"'{id}', '{id}', '', '', '2026-03-01', '2026-03-15'"
                session.execute(text(f"{link} expires_at) VALUES ({values})"))
            for day in ("04", "03"):
                values = f"'{day}', '{day}', '', '', 'left', '2026-03-{day}'"
                columns = "redirect_uri, link_id, created_at, expires_at, checklist)"
                session.execute(
                    text(f"{trip} {columns} VALUES ({values}, '2026-03-05', '[]')")
                )
        db.session.remove()
        command.upgrade(migrate._config(), "head")
        opened = {
            link.id: link.opened_at and link.opened_at.day
            for link in db.session.scalars(select(ConnectLink))
        }
        db.session.remove()
        db.engine.dispose()

    assert opened == {"left": 3, "unseen": None}


def test_the_newest_schema_is_what_the_models_say(
    empty: str, start: Callable[[str], Flask]
) -> None:
    with start(empty).app_context():
        with db.engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "render_as_batch": True}
            )
            differences = compare_metadata(context, db.metadata)
        db.engine.dispose()

    assert differences == []


def test_revisions_are_one_line_of_four_digits() -> None:
    scripts = migrate._scripts()
    revisions = [script.revision for script in scripts.walk_revisions()]

    assert len(scripts.get_heads()) == 1
    assert all(len(revision) == 4 and revision.isdigit() for revision in revisions)
    assert revisions == sorted(revisions, reverse=True)


def test_a_newer_schema_is_refused_with_what_to_do(
    empty: str, start: Callable[[str], Flask]
) -> None:
    with start(empty).app_context():
        with write_transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        db.session.remove()

        with pytest.raises(
            SettingsError, match=r"newer Latchkey \(schema 9999"
        ) as refused:
            start(empty)
        assert f"flask latchkey migrate --to {migrate.head()}" in str(refused.value)
        assert "backup" in str(refused.value)
        with write_transaction() as session:
            assert (
                session.scalar(text("SELECT version_num FROM alembic_version"))
                == "9999"
            )
        db.engine.dispose()


def test_a_database_that_cannot_be_opened_is_told_in_a_sentence(
    start: Callable[[str], Flask], tmp_path: Path
) -> None:
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"no database" * 500)

    for address in (
        f"sqlite:///{garbage}/latchkey.db",
        f"sqlite:///{garbage}",
        f"sqlite:///{tmp_path}",
        "postgresql://ada:sesame@127.0.0.1:1/latchkey",
    ):
        with pytest.raises(SettingsError, match="cannot be opened") as refused:
            start(address)
        assert "sesame" not in str(refused.value)


def test_a_database_that_cannot_be_upgraded_is_told_in_a_sentence(
    empty: str, start: Callable[[str], Flask]
) -> None:
    engine = create_engine(empty.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as stranger:
        stranger.exec_driver_sql("CREATE TABLE account (id INTEGER)")
    engine.dispose()

    with pytest.raises(SettingsError, match=r"cannot be brought up to date: .*exists"):
        start(empty)


def test_a_start_at_the_newest_schema_changes_nothing(
    app: Flask, database: str, start: Callable[[str], Flask]
) -> None:
    before = tables()
    with start(database).app_context():
        db.engine.dispose()

    assert tables() == before


def modes(folder: Path) -> dict[str, str]:
    return {path.name: oct(path.stat().st_mode)[-3:] for path in folder.iterdir()}


def test_a_new_database_file_is_readable_by_its_owner_alone(
    tmp_path: Path, start: Callable[[str], Flask]
) -> None:
    """Also in a folder that was there before, and is open to others."""
    tmp_path.chmod(0o755)
    with start(f"sqlite:///{tmp_path / 'new.db'}").app_context():
        db.session.execute(text("SELECT 1"))
        found = modes(tmp_path)
        db.session.remove()
        db.engine.dispose()

    assert {"new.db", "new.db-wal"} <= set(found)
    assert set(found.values()) == {"600"}


def test_an_existing_one_is_closed_to_others_and_stays_open_to_its_group(
    tmp_path: Path, start: Callable[[str], Flask]
) -> None:
    address, file = f"sqlite:///{tmp_path / 'old.db'}", tmp_path / "old.db"
    with start(address).app_context():
        db.engine.dispose()
    file.chmod(0o664)
    with start(address).app_context():
        db.engine.dispose()

    assert oct(file.stat().st_mode)[-3:] == "660"


@pytest.mark.slow
def test_processes_that_start_at_once_migrate_once(
    empty: str, tmp_path: Path, start: Callable[[str], Flask]
) -> None:
    starting = [Other(starts, empty, tmp_path, KEY) for _ in range(2)]
    for process in starting:
        process.go()
    said = [process.hear() for process in starting]
    for process in starting:
        process.end()

    assert said == ["up", "up"]
    with start(empty).app_context():
        assert migrate.current() == migrate.head()
        db.engine.dispose()
