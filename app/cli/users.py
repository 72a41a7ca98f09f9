"""Commands for who may sign in: `flask latchkey users …`."""

import sys
from typing import Any

import click
import structlog
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import offboarding
from app.auth import users as people
from app.database.sqlite_lock import Busy

NOBODY = (
    "There are no users yet. Create the first admin with: flask latchkey users create"
    " you@example.org"
)

IN_PROCESS_LIST = (
    "Warning: other users of this machine can read the password after --password."
    " Leave it out to be asked for it, or use --password-stdin."
)


class Sentences(AppGroup):
    """A group of commands that end with one sentence and status 1 when something was
    refused or the database cannot be used.
    """

    def invoke(self, ctx: click.Context) -> Any:
        # where it came from, beside what a line in the log says was done
        here = structlog.contextvars.bound_contextvars(network="command line")
        try:
            with here:
                return super().invoke(ctx)
        except people.UserRejected as why:
            raise click.ClickException(str(why)) from None
        except (Busy, SQLAlchemyError) as error:
            detail = " ".join(str(getattr(error, "orig", error)).split())
            raise click.ClickException(
                f"The database isn't available, so nothing was changed: {detail}"
            ) from None


users = AppGroup("users", help="Manage the people who can sign in.")
a_role = click.Choice(list(people.ROLES))
a_password = click.option(
    "--password",
    help="At least 15 characters. Other users of this machine can see it"
    " in the list of processes: it's safer to leave it out and be asked for it.",
)
a_password_line = click.option(
    "--password-stdin",
    "password_from_stdin",
    is_flag=True,
    help="Read the password from the first line of standard input.",
)


@users.command("create")
@click.argument("email")
@click.option("--role", type=a_role, default="admin", show_default=True)
@a_password
@a_password_line
def create(
    email: str, role: str, password: str | None, password_from_stdin: bool
) -> None:
    """Create a user. An existing user stays as it is."""
    free = people.free(email)
    people.create(free, _ask_for(password, password_from_stdin), role)
    click.echo(f"Created {email} ({role}).")


@users.command("list")
def show() -> None:
    """List all users."""
    everybody = people.everybody()
    if not everybody:
        click.echo(NOBODY)
        return
    width = max(len(user.email) for user in everybody)
    click.echo(f"{'EMAIL':{width}}  ROLE    ACTIVE  SINCE")
    for user in everybody:
        roles = ",".join(role.name for role in user.roles)
        active = "yes" if user.active else "no"
        since = f"{user.created_at:%Y-%m-%d}"
        click.echo(f"{user.email:{width}}  {roles:6}  {active:6}  {since}")


@users.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Stop a user from signing in, and end their sessions now."""
    offboarding.disable(email)
    click.echo(f"{email} was signed out and can no longer sign in.")


@users.command("enable")
@click.argument("email")
def enable(email: str) -> None:
    """Let a disabled user sign in again, with their old password."""
    people.enable(email)
    click.echo(f"{email} can sign in again.")


@users.command("role")
@click.argument("email")
@click.argument("role", type=a_role)
def set_role(email: str, role: str) -> None:
    """Make a user an admin or a viewer."""
    people.set_role(email, role)
    article = "an" if role == "admin" else "a"
    click.echo(f"{email} is now {article} {role}.")


@users.command("password")
@click.argument("email")
@a_password
@a_password_line
def set_password(email: str, password: str | None, password_from_stdin: bool) -> None:
    """Set a new password, and end the user's sessions."""
    known = people.known(email)
    people.set_password(known, _ask_for(password, password_from_stdin))
    click.echo(f"{email} has a new password and was signed out everywhere.")


def _ask_for(password: str | None, from_stdin: bool) -> str:
    """Return the password, or ask for one, twice."""
    if password:
        click.echo(IN_PROCESS_LIST, err=True)
        return password
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
