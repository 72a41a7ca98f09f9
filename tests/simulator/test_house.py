"""The simulator lives next door."""

import ast
from pathlib import Path

import app.simulator

from . import openapi_check

FOLDER = Path(app.simulator.__file__).parent
DESCRIPTION = FOLDER.parent.parent / "docs" / "simulator.md"
DEVELOPMENT_ONLY = {"yaml", "jsonschema", "requests", "pytest"}


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_it_imports_nothing_of_the_app_and_nothing_for_development() -> None:
    for file in FOLDER.rglob("*.py"):
        for name in imported(file):
            assert not name.startswith("app") or name.startswith("app.simulator"), (
                f"{file.name} has no key to {name}"
            )
            assert name.partition(".")[0] not in DEVELOPMENT_ONLY, (
                f"{file.name} needs {name} at run time"
            )


def test_files_stay_small() -> None:
    for file in FOLDER.rglob("*.py"):
        assert len(file.read_text().splitlines()) <= 300, file.name


def test_every_control_route_is_documented() -> None:
    routes = app.simulator.make_app().url_map.iter_rules()
    described = DESCRIPTION.read_text()

    for rule in routes:
        if rule.rule.startswith("/_control"):
            assert rule.rule in described, rule.rule


def test_the_vendored_description_has_every_api_route_served() -> None:
    paths = set(openapi_check._spec()["paths"])
    for rule in app.simulator.make_app().url_map.iter_rules():
        if rule.rule.startswith("/v3/"):
            assert (
                rule.rule.removeprefix("/v3").replace("<", "{").replace(">", "}")
                in paths
            )
