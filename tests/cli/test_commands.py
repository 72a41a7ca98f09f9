"""Commands end with one sentence and an exit status, also where files or the database
cannot be used.
"""

from pathlib import Path

import pytest
from flask import Flask

from app.cli.commands import latchkey
from tests.world import ONE_DATABASE


def run(app: Flask, *words: str) -> tuple[int, str]:
    ended = app.test_cli_runner().invoke(latchkey, list(words))
    assert ended.exception is None or isinstance(ended.exception, SystemExit), (
        ended.exception
    )
    return ended.exit_code, ended.output


@pytest.fixture
def nothing_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A folder without settings, and the commands that need none."""
    monkeypatch.chdir(tmp_path)
    return Flask("latchkey")


def test_a_key_is_made_once(nothing_yet: Flask, tmp_path: Path) -> None:
    made, again = run(nothing_yet, "new-key"), run(nothing_yet, "new-key")

    assert made[0] == 0
    assert again == (
        1,
        "Error: instance/latchkey.key already exists, and the tokens are encrypted with it.\n",
    )
    assert (tmp_path / "instance" / "latchkey.key").stat().st_mode & 0o777 == 0o600


def test_a_folder_named_by_nothing_is_the_usual_one(
    nothing_yet: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATCHKEY_DATA_DIR", "")

    assert run(nothing_yet, "new-key")[0] == 0
    assert (tmp_path / "instance" / "latchkey.key").is_file()


@pytest.mark.parametrize("folder", ["a-file", "a-file/below", "/proc/nowhere"])
def test_a_key_that_cannot_be_written_is_a_sentence(
    nothing_yet: Flask, tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a-file").touch()
    monkeypatch.setenv("LATCHKEY_DATA_DIR", folder)
    status, said = run(nothing_yet, "new-key")

    assert status == 1
    assert said.startswith(f"Error: {folder}/latchkey.key can't be written: ")
    assert "Check that LATCHKEY_DATA_DIR is a folder" in said


@ONE_DATABASE
def test_a_schema_that_cannot_be_moved_now_is_a_sentence(
    app: Flask, database: str, data_dir: Path
) -> None:
    (data_dir / "latchkey.db.migrate.lock").mkdir()
    status, said = run(app, "migrate", "--to", "0001")

    assert status == 1
    assert said.startswith(
        "Error: The database isn't available, so nothing was changed: the lock file"
    )


def test_an_unknown_schema_is_told_with_those_there_are(app: Flask) -> None:
    status, said = run(app, "migrate", "--to", "9999")

    assert status == 1
    assert "There is no schema 9999; this version knows 0001, 0002" in said
