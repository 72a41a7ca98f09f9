"""Print the path of a Chromium for the browser tests: $CHROMIUM, then PATH, then apt
when root on Debian, then Playwright's own download. Otherwise one sentence, and
failure.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    if named := os.environ.get("CHROMIUM"):
        return (
            named
            if Path(named).is_file()
            else sys.exit(f"CHROMIUM names {named}, and there is no such file.")
        )
    return _on_path() or _from_apt() or _from_playwright()


def _on_path() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _from_apt() -> str | None:
    if (
        os.geteuid() != 0
        or not Path("/etc/debian_version").exists()
        or not shutil.which("apt-get")
    ):
        return None
    print("Installing Chromium with apt-get (once) …", file=sys.stderr)
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "chromium"],
    ):
        subprocess.run(
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
    return _on_path()


def _from_playwright() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).is_file():
        print("Downloading Playwright's Chromium (once) …", file=sys.stderr)
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
    return path if Path(path).is_file() else None


if __name__ == "__main__":
    found = find()
    if not found:
        sys.exit(
            "The tests need Chromium and none was found: install it, or set CHROMIUM to"
            " its path."
        )
    print(found)
