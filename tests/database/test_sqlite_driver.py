"""One SQLite library a process, and a file that goes over to its journal and back.

`OLD` is the library of Python itself, which may be the same one where pysqlite3 has no
wheel; each side runs in a process of its own.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from app.database import sqlite_driver
from tests import stranger
from tests.conftest import KEY

ROOT = Path(__file__).resolve().parents[2]
PYSQLITE3 = sqlite_driver.LIBRARY == "pysqlite3"
NEW, OLD = "", "import sys; sys.modules['pysqlite3'] = None"
START = """
import json, sys
from pathlib import Path
from datetime import UTC, datetime
from sqlalchemy import func, select, text
from app import create_app
from app.cli.doctor import inside
from app.config.settings import SettingsError
from app.database import sqlite_driver
from app.database.session import db, write_transaction
from app.delivery.models import Heartbeat
from tests.conftest import test_settings

given = json.loads(sys.argv[1])
settings = test_settings(
    given["database"], "http://127.0.0.1:1", Path(given["folder"]), key=given["key"]
)
"""
WRITE = f"""{START}
try:
    app = create_app(settings)
except SettingsError as error:
    sys.exit(str(error))
with app.app_context():
    if given["name"]:
        with write_transaction() as session:
            session.add(Heartbeat(worker=given["name"], seen_at=datetime.now(UTC)))
    print(json.dumps({{
        "journal": db.session.scalar(text("PRAGMA journal_mode")),
        "wanted": sqlite_driver.journal_mode().lower(),
        "rows": db.session.scalar(select(func.count()).select_from(Heartbeat)),
        "whole": db.session.scalar(text("PRAGMA integrity_check")),
        "doctor": inside.check_database()[0].words,
    }}), flush=True)
    given["killed"] and __import__("os").kill(__import__("os").getpid(), 9)
    db.session.remove()
    db.engine.dispose()
"""


def run(
    library: str, folder: Path, name: str = "", killed: bool = False
) -> subprocess.CompletedProcess[str]:
    """Start the app on a library, write a row where it has a name, and end or be killed."""
    given = {
        "database": f"sqlite:///{folder / 'latchkey.db'}",
        "folder": str(folder),
        "key": KEY,
        "name": name,
        "killed": killed,
    }
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", library + WRITE, json.dumps(given)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def folder(sqlite_template: Path, tmp_path: Path) -> Path:
    """A folder with a database at the newest schema."""
    shutil.copy(sqlite_template, tmp_path / "latchkey.db")
    return tmp_path


@pytest.mark.parametrize(
    ("version", "journal"),
    [
        ((3, 53, 4), "WAL"),
        ((3, 51, 3), "WAL"),
        ((3, 51, 2), "DELETE"),
        ((3, 50, 7), "WAL"),
        ((3, 50, 6), "DELETE"),
        ((3, 46, 1), "DELETE"),
        ((3, 44, 6), "WAL"),
        ((3, 44, 5), "DELETE"),
        ((3, 40, 1), "DELETE"),
    ],
)
def test_a_write_ahead_log_is_kept_only_where_that_is_safe(
    version: tuple[int, int, int], journal: str
) -> None:
    assert sqlite_driver.journal_mode(version) == journal


@pytest.mark.slow
def test_a_database_goes_over_to_the_other_library_and_back(folder: Path) -> None:
    """Also when its last process was killed and left a write-ahead log behind."""
    for number, library in enumerate((NEW, OLD, NEW), start=1):
        killed = number < 3
        ended = run(library, folder, f"worker-{number}", killed)
        seen = json.loads(ended.stdout)

        assert ended.returncode == (-9 if killed else 0), ended.stderr
        assert seen["journal"] == seen["wanted"]
        assert (seen["rows"], seen["whole"]) == (number, "ok")
    assert sqlite_driver.driver.sqlite_version in seen["doctor"]
    assert sqlite_driver.LIBRARY in seen["doctor"]
    assert f"journal mode {seen['journal']}" in seen["doctor"]


@pytest.mark.slow
def test_a_stranger_who_reads_keeps_nobody_from_starting(folder: Path) -> None:
    """The rollback journal is safe with every library, so it may stay for now."""
    path = str(folder / "latchkey.db")
    stranger.execute(path, "PRAGMA journal_mode=DELETE")
    with stranger.transaction(path, "BEGIN"):
        meanwhile = json.loads(run(NEW, folder).stdout)
    after = json.loads(run(NEW, folder, "after").stdout)

    assert meanwhile["journal"] == "delete"
    assert (after["journal"], after["rows"]) == (after["wanted"], 1)


@pytest.mark.slow
@pytest.mark.skipif(
    sqlite_driver.journal_mode(sqlite3.sqlite_version_info) == "WAL" or not PYSQLITE3,
    reason="only one library on this platform, or both are safe",
)
def test_an_unsafe_library_does_not_share_a_write_ahead_log(folder: Path) -> None:
    path = str(folder / "latchkey.db")
    with stranger.transaction(path, "BEGIN"):
        ended = run(OLD, folder, "meanwhile")

    assert ended.returncode == 1
    assert "Stop every process that uses it" in ended.stderr
    assert json.loads(run(NEW, folder, "after").stdout)["rows"] == 1


LISTEN = f"""
import sys

opened = set()


def hear(event, arguments):
    if event in ("open", "sqlite3.connect") and arguments:
        opened.add((event, str(arguments[0])))


sys.addaudithook(hear)
{START}
app = create_app(settings)
visitor = app.test_client()
with app.app_context():
    app.test_cli_runner().invoke(args=["latchkey", "doctor", "--offline"])
    with write_transaction() as session:
        session.add(Heartbeat(worker="one", seen_at=datetime.now(UTC)))
for path in ("/", "/sign-in", "/readyz", "/metrics", "/f/nothing"):
    visitor.get(path)
print(json.dumps(sorted(opened)))
"""


@pytest.mark.slow
def test_nothing_opens_the_file_by_other_means(folder: Path) -> None:
    """Watched by the interpreter's own audit events while the app starts and serves."""
    given = {
        "database": f"sqlite:///{folder / 'latchkey.db'}",
        "folder": str(folder),
        "key": KEY,
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LISTEN, json.dumps(given)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    opened = [tuple(one) for one in json.loads(done.stdout)]
    of_file = {event for event, path in opened if path.endswith("latchkey.db")}

    assert ("open", str(folder / "latchkey.db.lock")) in opened
    # pysqlite3 tells the interpreter nothing of its own connections
    assert of_file == (set() if PYSQLITE3 else {"sqlite3.connect"})
