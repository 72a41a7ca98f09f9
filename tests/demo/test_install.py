"""What `make demo` installs, and from where: by uv or by pip, from pip's index, and
nothing with another hash.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.house import ROOT
from tests.tools import install

pytestmark = pytest.mark.slow
WHEEL = "pebble-1.0-py3-none-any.whl"


@dataclass
class Index:
    """A package index with one package, and who asked it."""

    url: str
    digest: str
    agents: list[str] = field(default_factory=list)

    def asked_by(self) -> set[str]:
        return {agent.partition("/")[0] for agent in self.agents}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    folder = tmp_path / "simple" / "pebble"
    folder.mkdir(parents=True)
    digest = make_wheel(folder / WHEEL)
    (folder / "index.html").write_text(f'<a href="{WHEEL}">{WHEEL}</a>')

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            found.agents.append(self.headers.get("User-Agent", ""))

    handler = partial(Handler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        found = Index(f"http://127.0.0.1:{server.server_port}/simple", digest)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


def make_wheel(path: Path) -> str:
    """Write a package of one module; return the wheel's SHA-256."""
    about = "pebble-1.0.dist-info"
    files = {
        "pebble.py": "",
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: pebble\nVersion: 1.0\n",
        f"{about}/WHEEL": (
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
        f"{about}/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with nothing but pip."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    venv.create(folder, with_pip=True)
    return folder


@pytest.fixture
def with_uv(fresh: Path) -> Iterator[None]:
    """An environment in which uv is installed already."""
    uv = shutil.copy(Path(sys.executable).with_name("uv"), fresh / "bin" / "uv")
    yield
    Path(uv).unlink()


def run(
    fresh: Path, folder: Path, digest: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Install the package, with no settings of pip and uv but these."""
    requirements = folder / "requirements.txt"
    requirements.write_text(f"pebble==1.0 --hash=sha256:{digest}\n")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_"))
    }
    alone = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_CACHE_DIR": "1",
        "UV_CACHE_DIR": str(folder / "cache"),
        "UV_NO_CONFIG": "1",
        "NO_PROXY": "127.0.0.1",
    }
    program = ROOT / "tests" / "tools" / "install.py"
    return subprocess.run(
        [fresh / "bin" / "python", program, requirements],
        env=kept | alone | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def is_installed(fresh: Path) -> bool:
    """Whether the package was there; it is taken away again."""
    files = list(fresh.glob("lib/python*/site-packages/pebble*"))
    for path in files:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return bool(files)


@pytest.mark.parametrize("where", ["a variable", "pip.conf"])
@pytest.mark.usefixtures("with_uv")
def test_uv_installs_from_the_index_that_pip_is_set_to(
    fresh: Path, index: Index, tmp_path: Path, where: str
) -> None:
    environment = {"PIP_INDEX_URL": index.url}
    if where == "pip.conf":
        settings = tmp_path / "pip.conf"
        settings.write_text(f"[global]\nindex-url = {index.url}\n")
        environment = {"PIP_CONFIG_FILE": str(settings)}
    done = run(fresh, tmp_path, index.digest, **environment)

    assert done.returncode == 0, done.stderr
    assert index.asked_by() == {"uv"}
    assert is_installed(fresh)


def test_pip_installs_where_there_is_no_uv(
    fresh: Path, index: Index, tmp_path: Path
) -> None:
    done = run(fresh, tmp_path, index.digest, PIP_INDEX_URL=index.url)

    assert done.returncode == 0, done.stderr
    assert index.asked_by() == {"pip"}
    assert is_installed(fresh)


@pytest.mark.usefixtures("with_uv")
def test_neither_installs_what_has_another_hash(
    fresh: Path, index: Index, tmp_path: Path
) -> None:
    done = run(fresh, tmp_path, "0" * 64, PIP_INDEX_URL=index.url)

    assert done.returncode != 0
    assert "hash" in done.stderr.lower()
    assert index.asked_by() == {"uv", "pip"}
    assert not is_installed(fresh)


def test_uv_is_told_what_pip_goes_by() -> None:
    settings = (
        "global.index-url='https://files.example/simple'\n"
        "global.extra-index-url='https://a.example\\nhttps://b.example'\n"
        "global.find-links='/one /two'\n"
        "global.timeout='60'\n"
        "install.trusted-host='files.example'\n"
        ":env:.index-url='https://nearer.example/simple'\n"
    )

    assert install.uv_environment(settings) == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://nearer.example/simple",
        "UV_INDEX": "https://a.example https://b.example",
        "UV_FIND_LINKS": "/one,/two",
        "UV_INSECURE_HOST": "files.example",
    }


def test_uv_itself_is_locked_with_hashes() -> None:
    (name, *hashes) = install.locked_uv().splitlines()

    assert name.startswith("uv==")
    assert all("--hash=sha256:" in line for line in hashes if "#" not in line)
    assert len(hashes) > 10
