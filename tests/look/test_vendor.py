"""What is vendored is what was published, and each piece has its licence."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "static" / "vendor", ROOT / "tests" / "vendor"]


@pytest.mark.parametrize("folder", FOLDERS, ids=["static", "tests"])
def test_vendored_files_match_their_sums(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    expected = {
        name: sum for package in manifest for name, sum in package["files"].items()
    }
    found = {
        file.relative_to(folder).as_posix(): sha384(file)
        for file in folder.glob("*/**/*")
        if file.is_file()
    }

    assert found == expected


@pytest.mark.parametrize("folder", FOLDERS, ids=["static", "tests"])
def test_each_package_brings_its_licence(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())

    assert all(
        f"{package['name']}-{package['version']}/LICENSE" in package["files"]
        for package in manifest
    )


def test_the_visitors_stylesheet_stays_small_and_alone() -> None:
    css = (ROOT / "static" / "css" / "form.css").read_text()

    assert len(css.encode()) < 6 * 1024
    assert "url(" not in css
    assert "@import" not in css


def sha384(file: Path) -> str:
    return f"sha384-{base64.b64encode(hashlib.sha384(file.read_bytes()).digest()).decode()}"
