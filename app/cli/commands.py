"""The operator's commands: `flask latchkey …`."""

import os
import sys
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app.accounts import key_check
from app.cli.doctor.checks import examine
from app.cli.users import Sentences, users
from app.config.settings import DEFAULT_KEY_FILE
from app.core.crypto import new_key
from app.database import migrate as database_migrate
from app.services import services
from app.web.access import is_locked

latchkey = Sentences("latchkey", help="Run and look after Latchkey.")
NEED_NO_SETTINGS = ("simulator", "new-key")
MARKS = {True: "ok  ", None: "note", False: "BAD "}


def without_settings() -> Flask | None:
    """Return an app with nothing but the commands, for those that must work before
    anything is set up; None for all others.
    """
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    if words[:1] != ["latchkey"] or (words[1:] and words[1] not in NEED_NO_SETTINGS):
        return None
    app = Flask("latchkey")
    app.cli.add_command(latchkey)
    return app


@latchkey.command("new-key")
def make_key() -> None:
    """Make the key that seals tokens, once, readable by its owner only."""
    path = Path(os.environ.get("LATCHKEY_DATA_DIR") or "instance") / DEFAULT_KEY_FILE
    try:
        if path.exists():
            raise click.ClickException(
                f"{path} exists already; the tokens are sealed with it."
            )
        write_key(path)
    except OSError as error:
        raise click.ClickException(
            f"{path} cannot be written: {error.strerror}. Is LATCHKEY_DATA_DIR a"
            " folder, and may you write there?"
        ) from None
    click.echo(
        f"Wrote {path}. Keep a copy apart from the database: without it the stored"
        " tokens cannot be opened."
    )


def write_key(path: Path) -> None:
    """Write a new key file; an existing one is never touched."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(new_key() + "\n")


@latchkey.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--threads", default=16, show_default=True)
@with_appcontext
def serve(host: str, port: int, threads: int) -> None:
    """Answer requests and deliver, in one process; slow clients hold nobody up."""
    from app.cli import server

    settings = services().settings
    deadlines = server.Deadlines(settings.request_seconds, settings.upload_seconds)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # the app behind the proxy
    try:
        listening = server.make_server(app, host, port, threads, deadlines)
    except OSError as error:
        raise click.ClickException(
            f"{host}:{port} cannot be listened at: {error.strerror}."
        ) from None
    server.serve(listening)


@latchkey.command("worker")
@with_appcontext
def worker() -> None:
    """Deliver sign-ups from this process (with LATCHKEY_WORKER=off on the web
    processes).
    """
    from app.worker.runner import serve

    refuse_when_locked()
    serve(current_app._get_current_object())  # type: ignore[attr-defined]  # the app behind the proxy


@latchkey.command("simulator")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8900, show_default=True, envvar="SIMULATOR_PORT")
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep its state in this file.",
)
@click.option("--calls-per-second", default=4, show_default=True)
@click.option(
    "--redirect-uri",
    multiple=True,
    help="One more redirect URI to register; may be repeated.",
)
def simulator(
    host: str,
    port: int,
    state: Path | None,
    calls_per_second: int,
    redirect_uri: tuple[str, ...],
) -> None:
    """Run the bundled pretend Constant Contact."""
    from app.simulator import SimulatorSettings
    from app.simulator.server import serve

    settings = SimulatorSettings(
        calls_per_second=calls_per_second,
        state_file=state,
        redirect_uris=redirect_uri,
    )
    serve(host, port, settings)


@latchkey.command("migrate")
@click.option(
    "--to", help="Another schema than the newest, for the way back to an older version."
)
@with_appcontext
def migrate(to: str | None) -> None:
    """Bring the database up to date and stop; every start does the same by itself."""
    try:
        database_migrate.move_to(to or str(database_migrate.head()))
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"The schema is at {database_migrate.current()}.")


@latchkey.command("doctor")
@click.option(
    "--offline", is_flag=True, help="Leave Constant Contact and the mail server out."
)
@with_appcontext
def doctor(offline: bool) -> None:
    """Look at everything and say what to do about it; exit status 1 when something is
    wrong.
    """
    total = wrong = 0
    for finding in examine(offline):
        total += 1
        wrong += finding.well is False
        click.echo(f"{MARKS[finding.well]}  {finding.what}: {finding.words}")
        if finding.do:
            click.echo(f"      {finding.do}")
    if wrong:
        click.echo(f"{wrong} of {total} findings need somebody.")
        sys.exit(1)
    click.echo("All is well.")


@latchkey.command("forget-sealed")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def forget_sealed(yes: bool) -> None:
    """After the key was lost: remove the tokens that no longer open, for ever.

    Forms and sign-ups stay.
    """
    sealed, opened = key_check.kept()
    if sealed == opened:
        raise click.ClickException(
            "Everything opens with this LATCHKEY_KEY; there is nothing to forget."
        )
    if not yes:
        click.confirm(
            f"{sealed - opened} of {sealed} sealed values do not open. Remove them for"
            " ever?",
            abort=True,
        )
    disconnected = key_check.forget_unopened()
    advice = (
        f"Accounts disconnected: {disconnected}; let their owners connect again."
        " Restart Latchkey, and look whether /setup still has an API key."
    )
    if not opened:
        advice += " Then give the users new passwords: flask latchkey users password"
    click.echo(advice)


def refuse_when_locked() -> None:
    """Stop a command that would use or write what hangs on the key, while the key does
    not fit.
    """
    if is_locked(current_app):
        raise click.ClickException(
            "LATCHKEY_KEY does not open what is sealed in the database. Put the old key"
            " back; flask latchkey doctor says more."
        )


latchkey.add_command(users)
