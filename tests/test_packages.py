"""A folder's docstring is its table of contents."""

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import BOTH_DATABASES
from tests.house import ROOT

FOLDERS = sorted(
    init.parent
    for init in (ROOT / "app").rglob("__init__.py")
    if init.parent != ROOT / "app"
)


def contents(folder: Path) -> set[str]:
    """The files and folders of a package, by the names they are imported by."""
    modules = {path.stem for path in folder.glob("*.py")}
    packages = {init.parent.name for init in folder.glob("*/__init__.py")}
    return (modules | packages) - {"__init__", "__main__"}


def unnamed(docstring: str, names: set[str]) -> set[str]:
    return {name for name in names if not re.search(rf"\b{name}\b", docstring)}


@pytest.mark.parametrize(
    "folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT))
)
def test_a_folder_names_all_its_files(folder: Path) -> None:
    tree = ast.parse((folder / "__init__.py").read_text())

    assert unnamed(ast.get_docstring(tree) or "", contents(folder)) == set()


def test_a_file_that_is_not_named_is_found() -> None:
    assert unnamed("Files: claims, deliver.", {"claims", "deliver", "optouts"}) == {
        "optouts"
    }


@pytest.mark.parametrize("beginning", BOTH_DATABASES)
def test_what_runs_on_both_databases_is_there(beginning: str) -> None:
    assert [*(ROOT / "tests").glob(f"{beginning}*")] != []
