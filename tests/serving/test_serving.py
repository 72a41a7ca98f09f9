"""However it is served, it delivers: no second command, an orderly stop, and one
sentence when there is no key.
"""

import re
from contextlib import suppress
from html import unescape
from pathlib import Path

import pytest
import requests

from app.config.settings import Settings
from app.forms.models import Form
from app.signups.models import SignupState
from tests.serving.processes import environment, free_port, running, until_ready
from tests.world import ONE_DATABASE, PATIENCE, World, until

pytestmark = pytest.mark.slow
SERVE = ["flask", "latchkey", "serve", "--port", "{port}"]
GUNICORN = ["gunicorn", "wsgi:app", "--bind", "127.0.0.1:{port}"]


def sign_up(url: str, form: Form, email: str) -> int:
    """As a browser without scripts does."""
    page = requests.get(f"{url}/f/{form.id}", timeout=PATIENCE).text
    token = re.search(r'name="form_token"[^>]*value="([^"]+)"', page)
    assert token, page
    return requests.post(
        f"{url}/f/{form.id}",
        timeout=PATIENCE,
        allow_redirects=False,
        data={"form_token": unescape(token[1]), "email_address": email, "consent": "y"},
    ).status_code


def delivers_and_stops(
    world: World, settings: Settings, folder: Path, command: list[str]
) -> set[str]:
    """The states of six sign-ups that came in by HTTP, once the process was stopped."""
    form, port = world.form(world.account()), free_port()
    url = f"http://127.0.0.1:{port}"
    env = environment(settings, LATCHKEY_PUBLIC_URL=url)
    with running(
        [part.format(port=port) for part in command], env, folder / "web.log"
    ) as web:
        until_ready(web, url)
        answers = {sign_up(url, form, f"zoe{n}@example.com") for n in range(6)}
        until(lambda: states(world) == {SignupState.DELIVERED})
        web.terminate()
        assert answers == {303}
        assert "Traceback" not in web.output
        assert "SIGKILL" not in web.output  # what gunicorn sends to who does not stop
        return states(world)


def states(world: World) -> set[str]:
    from sqlalchemy import select

    from app.database.session import db
    from app.signups.models import Signup

    db.session.rollback()
    return set(db.session.scalars(select(Signup.state)))


def test_serve_delivers_without_a_second_command(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    assert delivers_and_stops(world, settings, tmp_path, SERVE) == {
        SignupState.DELIVERED
    }


# two of them are what the next test has, which also loads once
@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.long)])
def test_gunicorn_delivers_without_a_second_command(
    world: World, settings: Settings, tmp_path: Path, workers: int
) -> None:
    found = delivers_and_stops(
        world, settings, tmp_path, [*GUNICORN, "--workers", str(workers)]
    )

    assert found == {SignupState.DELIVERED}


@ONE_DATABASE
def test_gunicorn_with_preload_delivers_from_its_children(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    found = delivers_and_stops(
        world, settings, tmp_path, [*GUNICORN, "--workers", "2", "--preload"]
    )

    assert found == {SignupState.DELIVERED}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks /proc")
def test_preloaded_children_share_no_connection(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    form, port = world.form(world.account()), free_port()
    url = f"http://127.0.0.1:{port}"
    env = environment(settings, LATCHKEY_PUBLIC_URL=url, LATCHKEY_WORKER="off")
    command = [
        part.format(port=port) for part in [*GUNICORN, "--workers", "2", "--preload"]
    ]

    with running(command, env, tmp_path / "web.log") as web:
        until_ready(web, url)
        for n in range(4):
            sign_up(url, form, f"zoe{n}@example.com")
        until(lambda: len(web.children()) == 2)
        one, other = (sockets(pid) for pid in web.children())
        ears = listening()

    assert (one & other) - ears == set()


def sockets(pid: int) -> set[str]:
    found = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            found.add(str(fd.readlink()))
    return {one for one in found if one.startswith("socket:")}


def listening() -> set[str]:
    lines = [
        line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
    ]
    return {f"socket:[{columns[9]}]" for columns in lines if columns[3] == "0A"}


@ONE_DATABASE
def test_flask_run_delivers_without_a_second_command(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    found = delivers_and_stops(
        world, settings, tmp_path, ["flask", "run", "--port", "{port}"]
    )

    assert found == {SignupState.DELIVERED}


def test_web_and_worker_can_be_parted(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    form, port = world.form(world.account()), free_port()
    url = f"http://127.0.0.1:{port}"
    env = environment(settings, LATCHKEY_PUBLIC_URL=url, LATCHKEY_WORKER="off")

    with running(
        [part.format(port=port) for part in GUNICORN], env, tmp_path / "web.log"
    ) as web:
        until_ready(web, url)
        sign_up(url, form, "before@example.com")
        ready_without = requests.get(f"{url}/readyz", timeout=PATIENCE)
        link = re.search(rf"{url}/first-admin/\w+", web.output)
        page = requests.get(link[0] if link else url, timeout=PATIENCE)
        before = states(world)
        with running(
            ["flask", "latchkey", "worker"], env, tmp_path / "worker.log"
        ) as worker:
            sign_up(url, form, "after@example.com")
            until(lambda: states(world) == {SignupState.DELIVERED})
            ready_with = requests.get(f"{url}/readyz", timeout=PATIENCE)
            code = worker.terminate()

    assert (before, ready_without.status_code) == ({SignupState.WAITING}, 503)
    assert web.output.count("Nobody can sign in yet") == 1
    assert "Create the first admin account" in page.text
    assert "Nobody can sign in yet" not in worker.output
    assert ready_without.json()["checks"] == {
        "schema": True,
        "worker": False,
        "key": True,
    }
    assert ready_with.status_code == 200
    assert code == 0


@ONE_DATABASE
def test_a_worker_whose_log_cannot_be_written_delivers(
    world: World, settings: Settings
) -> None:
    world.signup(world.form(world.account()))

    with running(
        ["flask", "latchkey", "worker"], environment(settings), Path("/dev/full")
    ):
        until(lambda: states(world) == {SignupState.DELIVERED})


@ONE_DATABASE
@pytest.mark.parametrize(
    "command",
    [
        pytest.param(SERVE, id="serve"),
        pytest.param([*GUNICORN, "--preload"], id="gunicorn"),
        pytest.param(
            ["flask", "run", "--port", "{port}"],
            id="flask run",
            marks=pytest.mark.long,
        ),
    ],
)
def test_without_a_key_nothing_starts_and_one_sentence_says_why(
    settings: Settings, tmp_path: Path, command: list[str]
) -> None:
    env = environment(settings, LATCHKEY_KEY=None, LATCHKEY_DATA_DIR=tmp_path / "empty")

    with running(
        [part.format(port=free_port()) for part in command], env, tmp_path / "out.log"
    ) as process:
        code = process.wait()
        output = process.output

    assert code == (1 if command[0] == "flask" else 3)
    assert output.count("LATCHKEY_KEY is not set") == 1
    assert "flask latchkey new-key" in output
    assert "Traceback" not in output
