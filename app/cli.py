"""The operator's door: `flask latchkey …`."""

import os
import sys
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from app import schema
from app.config import DEFAULT_KEY_FILE
from app.ground import ground
from app.people import sign_in
from app.vault import new_key

latchkey = AppGroup("latchkey", help="Run and look after Latchkey.")
NEED_NO_SETTINGS = ("simulator", "new-key")


def without_settings() -> Flask | None:
    """A bare app that only carries the commands, for those that must work before anything is set up."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    if words[:1] != ["latchkey"] or (words[1:] and words[1] not in NEED_NO_SETTINGS):
        return None
    app = Flask("latchkey")
    app.cli.add_command(latchkey)
    return app


@latchkey.command("new-key")
def make_key() -> None:
    """Make the key that seals tokens, once, readable by its owner only."""
    path = Path(os.environ.get("LATCHKEY_DATA_DIR", "instance")) / DEFAULT_KEY_FILE
    if path.exists():
        raise click.ClickException(f"{path} exists already; the tokens are sealed with it.")
    write_key(path)
    click.echo(f"Wrote {path}. Keep a copy apart from the database: without it the stored tokens cannot be opened.")


def write_key(path: Path) -> None:
    """Write a new key file; an existing one is never touched."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(new_key() + "\n")


@latchkey.command("worker")
@with_appcontext
def worker() -> None:
    """Deliver sign-ups from this process (with LATCHKEY_WORKER=off on the web processes)."""
    from app.delivery.worker import serve
    serve(current_app._get_current_object())  # type: ignore[attr-defined]  # the app behind the proxy


@latchkey.command("simulator")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8900, show_default=True, envvar="SIMULATOR_PORT")
@click.option("--state", type=click.Path(path_type=Path, dir_okay=False), help="Keep its state in this file.")
@click.option("--calls-per-second", default=4, show_default=True)
@click.option("--redirect-uri", multiple=True, help="One more redirect URI to register; may be repeated.")
def simulator(host: str, port: int, state: Path | None, calls_per_second: int,
              redirect_uri: tuple[str, ...]) -> None:
    """Run the bundled pretend Constant Contact."""
    from app.simulator import SimulatorSettings
    from app.simulator.server import serve
    defaults = SimulatorSettings()
    serve(host, port, SimulatorSettings(calls_per_second=calls_per_second, state_file=state,
                                        redirect_uris=(*defaults.redirect_uris, *redirect_uri)))


@latchkey.command("doctor")
@with_appcontext
def doctor() -> None:
    """Say whether the database is at this version and the balance holds."""
    from app.dashboard.queries import balance
    found = balance()
    click.echo(f"Schema {schema.current()}, this version knows {schema.head()}.")
    click.echo(f"Accepted {found.accepted}, rows {found.rows}: {'they agree' if found.holds else 'THEY DIFFER'}.")
    sys.exit(0 if found.holds and schema.current() == schema.head() else 1)


@latchkey.group("users")
def users() -> None:
    """Who may sign in."""


@users.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(list(sign_in.ROLES)), default="admin", show_default=True)
@click.password_option(help="At least 15 characters; asked for when left out.")
@with_appcontext
def create_user(email: str, role: str, password: str) -> None:
    """Make a user, or set an existing one's password and role."""
    if len(password) < 15:
        raise click.ClickException("The password needs at least 15 characters.")
    new = sign_in.create_user(email, password, role, ground().clock.now())
    click.echo(f"{'Made' if new else 'Changed'} {email} ({role}).")
