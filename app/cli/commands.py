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

latchkey = Sentences("latchkey", help="Run and maintain Latchkey.")
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
    """Create the key that encrypts tokens, in a file that only you can read."""
    path = Path(os.environ.get("LATCHKEY_DATA_DIR") or "instance") / DEFAULT_KEY_FILE
    try:
        if path.exists():
            raise click.ClickException(
                f"{path} already exists, and the tokens are encrypted with it."
            )
        write_key(path)
    except OSError as error:
        raise click.ClickException(
            f"{path} can't be written: {error.strerror}. Check that LATCHKEY_DATA_DIR"
            " is a folder you can write to."
        ) from None
    click.echo(
        f"Wrote {path}. Keep a copy away from the database: without this key, nobody"
        " can decrypt the stored tokens."
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
    """Serve requests and send sign-ups in one process. Slow clients block nobody."""
    from app.cli import server

    settings = services().settings
    deadlines = server.Deadlines(settings.request_seconds, settings.upload_seconds)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # the app behind the proxy
    try:
        listening = server.make_server(app, host, port, threads, deadlines)
    except OSError as error:
        raise click.ClickException(
            f"Latchkey can't listen at {host}:{port}: {error.strerror}."
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
    help="Keep the state in this file.",
)
@click.option("--calls-per-second", default=4, show_default=True)
@click.option(
    "--redirect-uri",
    multiple=True,
    help="Register another redirect URI. You can repeat this option.",
)
def simulator(
    host: str,
    port: int,
    state: Path | None,
    calls_per_second: int,
    redirect_uri: tuple[str, ...],
) -> None:
    """Run the bundled Constant Contact simulator."""
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
    "--to", help="The schema to migrate to, for going back to an older version."
)
@with_appcontext
def migrate(to: str | None) -> None:
    """Update the database schema and stop. Every start also does this."""
    try:
        database_migrate.move_to(to or str(database_migrate.head()))
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"The schema is at {database_migrate.current()}.")


@latchkey.command("doctor")
@click.option(
    "--offline", is_flag=True, help="Skip Constant Contact and the mail server."
)
@with_appcontext
def doctor(offline: bool) -> None:
    """Check everything and suggest fixes. The exit status is 1 if something is wrong."""
    total = wrong = 0
    for finding in examine(offline):
        total += 1
        wrong += finding.well is False
        click.echo(f"{MARKS[finding.well]}  {finding.what}: {finding.words}")
        if finding.do:
            click.echo(f"      {finding.do}")
    if wrong:
        click.echo(f"{wrong} of {total} checks found a problem.")
        sys.exit(1)
    click.echo("Everything is working.")


@latchkey.command("forget-sealed")
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
@with_appcontext
def forget_sealed(yes: bool) -> None:
    """Delete the tokens that can't be decrypted after the key was lost.

    Forms and sign-ups are kept.
    """
    sealed, opened = key_check.kept()
    if sealed == opened:
        raise click.ClickException(
            "This LATCHKEY_KEY decrypts everything, so there is nothing to delete."
        )
    if not yes:
        click.confirm(
            f"{sealed - opened} of {sealed} encrypted values can't be decrypted."
            " Delete them for good?",
            abort=True,
        )
    disconnected = key_check.forget_unopened()
    advice = (
        f"Accounts disconnected: {disconnected}. Ask their owners to reconnect."
        " Restart Latchkey, then check that /setup still has an API key."
    )
    if not opened:
        advice += (
            " Then set a new password for each user: flask latchkey users password"
        )
    click.echo(advice)


def refuse_when_locked() -> None:
    """Stop a command that would use or write what hangs on the key, while the key does
    not fit.
    """
    if is_locked(current_app):
        raise click.ClickException(
            "LATCHKEY_KEY can't decrypt the secrets in the database. Put the old key"
            " back. For details, run: flask latchkey doctor"
        )


latchkey.add_command(users)
