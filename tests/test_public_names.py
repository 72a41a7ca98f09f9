"""Public names are promises: none that was shipped may go or change.

`public_names.json` lists them as they were before the code was renamed. A new name is
added there when it ships; an old one is never taken out.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from app.config import settings
from app.database.session import db
from tests.house import ROOT, files
from tests.world import ONE_DATABASE

SHIPPED = json.loads((Path(__file__).parent / "public_names.json").read_text())


@ONE_DATABASE
def test_every_address_is_still_there(app: Flask) -> None:
    routes = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }

    assert set(SHIPPED["routes"]) - routes == set()


def test_every_setting_is_still_read() -> None:
    assert set(SHIPPED["settings"]) - set(settings.names().values()) == set()


def commands(group: click.Group, path: str = "") -> Iterator[str]:
    """Every command below a group with its options, as `users create --role`."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
            continue
        yield f"{path}{name}"
        for parameter in command.params:
            for option in parameter.opts:
                yield f"{path}{name} {option}"


@ONE_DATABASE
def test_every_command_and_option_is_still_taken(app: Flask) -> None:
    latchkey = app.cli.commands["latchkey"]
    assert isinstance(latchkey, click.Group)
    taken = set(commands(latchkey))
    for line in SHIPPED["commands"]:
        name, *options = line.split(" --")

        assert name in taken
        assert {f"{name} --{option}" for option in options} - taken == set()


@pytest.mark.parametrize("table", sorted(SHIPPED["tables"]))
def test_every_table_and_column_of_a_released_schema_stays(table: str) -> None:
    columns = {column.name for column in db.metadata.tables[table].columns}

    assert set(SHIPPED["tables"][table]) - columns == set()


@pytest.mark.parametrize("name", SHIPPED["metrics"])
def test_every_metric_keeps_its_name(name: str) -> None:
    measures = ROOT / "app" / "monitoring" / "measures.py"

    assert f'"{name}"' in measures.read_text()


@pytest.mark.parametrize("event", SHIPPED["log_events"])
def test_every_documented_log_event_keeps_its_name(event: str) -> None:
    assert any(f'"{event}"' in file.text for file in files())
