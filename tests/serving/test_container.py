"""What the container does, without a container: the Dockerfile's own commands, run by a
user without rights in a tree that nobody may write, with one writable folder.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from app.config import settings
from app.simulator.server import Running
from tests.serving.processes import ROOT, free_port
from tests.world import PATIENCE, PUBLIC_URL, until

pytestmark = pytest.mark.slow
NOBODY = 65534
# May read everything (the interpreter may stand in root's home) and write nothing that
# is not its own.
AS_NOBODY = [
    "setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
    "--no-new-privs",
    *(
        f"--{kind}=-all,+dac_read_search"
        for kind in ("inh-caps", "ambient-caps", "bounding-set")
    ),
]


class Container:
    """The tree that the Dockerfile copies, owned by somebody else, and a data folder of
    one's own.
    """

    def __init__(self, folder: Path, simulator: Running) -> None:
        self.tree, self.data, self.port = folder / "srv", folder / "data", free_port()
        self.data.mkdir(mode=0o700)
        self.log = folder / "log"
        for words in self.lines("COPY"):
            *sources, target = [word for word in words if not word.startswith("--")]
            for source in (
                sources
                if words[0] != "--from=build" and "requirements.txt" not in sources
                else ()
            ):
                self._copy(
                    ROOT / source,
                    self.tree / target / ("" if (ROOT / source).is_dir() else source),
                )
        subprocess.run(["chmod", "-R", "a-w", self.tree], check=True)
        if os.getuid() == 0:
            os.chown(self.data, NOBODY, NOBODY)
        self.env = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            # of the libraries; to compile them would be most of each command
            "PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", ""),
            "LATCHKEY_DATA_DIR": str(self.data),
            "LATCHKEY_PUBLIC_URL": PUBLIC_URL,
            "CTCT_AUTH_URL": f"{simulator.url}/oauth2/default/v1",
            "CTCT_API_URL": f"{simulator.url}/v3",
        }

    @staticmethod
    def lines(word: str) -> list[list[str]]:
        """The arguments of every such line of the Dockerfile."""
        return [
            shlex.split(line)[1:]
            for line in (ROOT / "Dockerfile").read_text().splitlines()
            if line.startswith(f"{word} ")
        ]

    def command(self, word: str) -> list[str]:
        """The command that stands as JSON in a line of the Dockerfile, at a free port
        instead of 8000.
        """
        line = next(
            line
            for line in (ROOT / "Dockerfile").read_text().splitlines()
            if line.startswith(f"{word} ")
        )
        found: list[str] = json.loads(line[line.index("[") :])
        return [
            part.replace("0.0.0.0", "127.0.0.1").replace("8000", str(self.port))
            for part in found
        ]

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*(AS_NOBODY if os.getuid() == 0 else []), *command],
                cwd=self.tree,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def run(self, *command: str) -> tuple[int, str]:
        """Exit status and what this command said."""
        before = len(self.said)
        status = self.start(*command).wait(PATIENCE)
        return status, self.said[before:]

    def answers(self, path: str) -> bool:
        with suppress(requests.ConnectionError):
            address = f"http://127.0.0.1:{self.port}/{path}"
            return requests.get(address, timeout=PATIENCE).ok
        return False

    @property
    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def files(self) -> list[Path]:
        return sorted(self.tree.rglob("*"))

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        if source.is_dir():
            shutil.copytree(
                source, target, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


@pytest.fixture
def container(simulator: Running) -> Iterator[Container]:
    # Not below pytest's own folder, which is closed to all but its owner.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        made = Container(Path(folder), simulator)
        yield made
        subprocess.run(["chmod", "-R", "u+w", made.tree], check=True)


def test_a_user_without_rights_starts_migrates_and_is_healthy_in_a_tree_nobody_may_write(
    container: Container,
) -> None:
    before = container.files()
    keyless = container.run(*container.command("CMD"))
    made = container.run("flask", "latchkey", "new-key")
    migrated = container.run("flask", "latchkey", "migrate")
    served = container.start(*container.command("CMD"))
    try:
        until(lambda: served.poll() or container.answers("readyz"))
        assert served.poll() is None, container.said
        healthy = container.run(*container.command("HEALTHCHECK"))[0]
        admin = container.run(
            "flask",
            "latchkey",
            "users",
            "create",
            "ada@example.com",
            "--password",
            "p" * 20,
        )
        doctor = container.run("flask", "latchkey", "doctor", "--offline")
    finally:
        served.terminate()
        stopped = served.wait(PATIENCE)
    unhealthy = container.run(*container.command("HEALTHCHECK"))[0]

    assert keyless[0] == 1
    assert [
        line for line in keyless[1].splitlines() if "LATCHKEY_KEY is not set" in line
    ]
    assert "Traceback" not in keyless[1]
    assert made[0] == migrated[0] == admin[0] == 0, container.said
    assert doctor[0] == 0, doctor[1]
    assert (healthy, stopped, unhealthy) == (0, 0, 1)
    assert container.files() == before
    assert {path.name for path in container.data.iterdir()} >= {
        "latchkey.key",
        "latchkey.db",
    }


def test_the_image_has_all_that_the_app_reads_and_runs_as_nobody_special() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = {word for words in Container.lines("COPY") for word in words}

    assert {"wsgi.py", "app", "templates", "static", "migrations"} <= copied
    assert Container.lines("USER") == [["latchkey"]]
    assert text.rindex("USER latchkey") > text.rindex("COPY")


def test_compose_names_only_settings_that_exist_and_locks_the_tree() -> None:
    services: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())[
        "services"
    ]
    ours = services["latchkey"]

    assert set(ours["environment"]) <= set(settings.names().values())
    assert ours["read_only"] is True
    assert ours["cap_drop"] == ["ALL"]
    assert [name for name, service in services.items() if "ports" in service] == [
        "caddy"
    ]
    assert {name for name, service in services.items() if "profiles" in service} == {
        "postgres",
        "redis",
    }
