"""Install a requirements file, checking its hashes, into the environment of this Python:
by uv, which needs a fifth of pip's time, or by pip where uv cannot.

    .venv/bin/python tests/tools/install.py requirements.txt [--no-deps]

uv reads none of pip's settings, so it is given them: index, proxy, certificates. What
is set for uv itself (UV_…) goes first.
"""

import ast
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.txt"
PIP = (sys.executable, "-m", "pip")
UV = Path(sys.executable).with_name("uv")
# how uv calls what is set for pip, and the sign between several values
UV_NAMES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "client-cert": ("SSL_CLIENT_CERT", " "),
    "proxy": ("ALL_PROXY", " "),
}
SECTIONS = ("global", "install", ":env:")  # of pip's settings; later ones win


def main(*arguments: str) -> int:
    """Install, and return the exit status."""
    options = ("install", "--quiet", "--require-hashes", "-r", *arguments)
    if _has_uv() and _installed_by_uv(options):
        return 0
    return subprocess.run((*PIP, *options), check=False).returncode


def _has_uv() -> bool:
    """Whether uv is here, or can be installed as it is locked: not where there is no
    wheel of it.
    """
    if UV.exists():
        return True
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(locked_uv())
        file.flush()
        options = ("--quiet", "--require-hashes", "--only-binary", ":all:")
        command = (*PIP, "install", *options, "-r", file.name)
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def locked_uv() -> str:
    """Return the lines of uv in the tests' requirements."""
    lines = re.search(r"^uv==(?:.*\\\n)*.*", LOCK.read_text(), re.MULTILINE)
    if not lines:
        raise LookupError(f"{LOCK} does not name uv")
    return lines[0]


def _installed_by_uv(options: Iterable[str]) -> bool:
    command = (str(UV), "pip", *options, "--compile-bytecode")
    target = ("--python", sys.executable)
    environment = uv_environment(_pip_settings()) | os.environ
    done = subprocess.run(
        (*command, *target), env=environment, capture_output=True, check=False
    )
    return done.returncode == 0


def _pip_settings() -> str:
    """Return what pip goes by here, from its files and from PIP_… variables."""
    command = (*PIP, "config", "list")
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def uv_environment(pip_settings: str) -> dict[str, str]:
    """Translate lines of `pip config list`, like global.index-url='…'."""
    by_section: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in pip_settings.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in by_section and key in UV_NAMES:
            by_section[section][key] = str(ast.literal_eval(value))
    # pip takes the best of all its indexes, uv by itself the first that has the name
    environment = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for section in SECTIONS:
        for key, value in by_section[section].items():
            name, separator = UV_NAMES[key]
            environment[name] = separator.join(value.split())
    return environment


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
