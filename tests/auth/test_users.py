"""The commands about people: what each does, whom it refuses and why."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import messages
from app.auth import users
from app.auth.models import User
from app.database.session import db
from tests.auth.acting import ADA, BOB, PASSWORD, command, sign_in
from tests.house import files
from tests.test_messages import strings_of
from tests.world import ONE_DATABASE, World, locked, until

OTHER = "another four words in a row"
BAD_ADDRESSES = ["ada", "", "ada@@example.com", f"{'a' * 250}@example.com"]
BAD_PASSWORDS = [
    ("x" * 14, "password_short"),
    (" " * 20, "password_short"),
    ("x" * 129, "password_long"),
    ("Ada@Example.com", "password_is_email"),
]


@pytest.fixture
def ada(world: World) -> FlaskClient:
    """The browser of an admin who is signed in."""
    return world.signed_in("admin", ADA)


@pytest.fixture
def bob(ada: FlaskClient, world: World) -> FlaskClient:
    """The browser of a viewer who is signed in."""
    return world.signed_in("viewer", BOB)


def user(email: str) -> User:
    db.session.rollback()
    return db.session.query(User).filter_by(email=email).one()


def refused(reason: str) -> tuple[int, str]:
    """How a command ends that was refused."""
    return 1, f"Error: {messages.PEOPLE[reason]}\n"


def waiting() -> int:
    """How many connections wait for a lock on PostgreSQL."""
    db.session.rollback()
    return int(
        db.session.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                "AND datname = current_database()"
            )
        )
    )


def roles(email: str) -> list[str]:
    return [role.name for role in user(email).roles]


# -- making and listing


def test_who_is_made_can_sign_in(
    app: Flask, world: World, visitor: FlaskClient
) -> None:
    status, said = command(
        app,
        "create",
        "Ada@Example.com",
        "--role",
        "viewer",
        typed=f"{PASSWORD}\n{PASSWORD}\n",
    )

    assert (status, said.splitlines()[-1]) == (0, "Created Ada@Example.com (viewer).")
    assert PASSWORD not in said
    assert roles(ADA) == ["viewer"]
    assert sign_in(visitor, ADA, PASSWORD)


@ONE_DATABASE
def test_a_password_comes_by_standard_input_and_is_warned_of_in_the_command(
    app: Flask, world: World, visitor: FlaskClient
) -> None:
    by_line = command(app, "create", ADA, "--password-stdin", typed=f"{PASSWORD}\n")
    changed = command(app, "password", ADA, "--password-stdin", typed=f"{OTHER}\n")
    by_option = command(app, "create", BOB, "--password", PASSWORD)

    assert by_line == (0, f"Created {ADA} (admin).\n")
    assert changed[0] == 0
    assert "--password-stdin" in by_option[1]
    assert by_option[1].startswith("Warning: ")
    assert sign_in(visitor, ADA, OTHER)
    assert sign_in(app.test_client(), BOB, PASSWORD)


@ONE_DATABASE
def test_a_password_in_any_script_can_be_typed_again(
    world: World, visitor: FlaskClient
) -> None:
    users.create(ADA, "für die schönen ﬁfteen", "admin")

    assert sign_in(visitor, ADA, "für die schönen ﬁfteen")


@ONE_DATABASE
def test_whoever_exists_is_not_made_again(app: Flask, ada: FlaskClient) -> None:
    status, said = command(
        app, "create", "ADA@example.com", "--role", "viewer", "--password", OTHER
    )

    assert status == 1
    assert "nothing was changed" in said
    assert f"users password {ADA}" in said
    assert f"users role {ADA}" in said
    assert (user(ADA).password, roles(ADA)) == (None, ["admin"])
    assert ada.get("/").status_code == 200


@ONE_DATABASE
def test_what_cannot_be_is_refused_in_one_sentence(app: Flask, world: World) -> None:
    by_email = [
        command(app, "create", email, "--password", PASSWORD) for email in BAD_ADDRESSES
    ]
    by_password = [
        command(app, "create", ADA, "--password-stdin", typed=password)
        for password, _ in BAD_PASSWORDS
    ]

    assert by_email == [refused("email_wrong")] * len(BAD_ADDRESSES)
    assert by_password == [refused(reason) for _, reason in BAD_PASSWORDS]
    assert not users.anybody()


@ONE_DATABASE
def test_a_password_may_be_128_characters_long(
    app: Flask, world: World, visitor: FlaskClient
) -> None:
    longest = "long enough " * 10 + "12345678"

    users.create(ADA, longest, "admin")

    assert len(longest) == 128
    assert sign_in(visitor, ADA, longest)


@ONE_DATABASE
def test_the_list_says_who_there_is(app: Flask, world: World) -> None:
    nobody = command(app, "list")
    world.signed_in("admin", ADA)
    world.signed_in("viewer", "bo@example.org")
    users.disable("bo@example.org")
    day = f"{world.clock.now():%Y-%m-%d}"

    assert nobody[0] == 0
    assert "users create" in nobody[1]
    assert command(app, "list") == (
        0,
        (
            "EMAIL            ROLE    ACTIVE  SINCE\n"
            f"ada@example.com  admin   yes     {day}\n"
            f"bo@example.org   viewer  no      {day}\n"
        ),
    )


# -- out and in again


def test_who_is_disabled_is_out_at_the_next_request(
    app: Flask, bob: FlaskClient
) -> None:
    before = bob.get("/").status_code
    status, said = command(app, "disable", BOB)
    after = bob.get("/").status_code

    assert (status, said) == (0, f"{BOB} was signed out and can no longer sign in.\n")
    assert (before, after) == (200, 303)


@ONE_DATABASE
def test_who_is_enabled_signs_in_anew_with_the_old_password(
    app: Flask, bob: FlaskClient
) -> None:
    users.set_password(BOB, PASSWORD)
    users.disable(BOB)
    while_out = sign_in(bob, BOB, PASSWORD)
    status, said = command(app, "enable", BOB)
    unasked = bob.get("/").status_code

    assert (status, said) == (0, f"{BOB} can sign in again.\n")
    assert (while_out, unasked) == (False, 303)
    assert sign_in(bob, BOB, PASSWORD)


@ONE_DATABASE
def test_sessions_ended_by_disabling_do_not_come_back(bob: FlaskClient) -> None:
    users.disable(BOB)
    users.enable(BOB)

    assert bob.get("/").status_code == 303


@ONE_DATABASE
def test_a_new_password_ends_all_sessions_and_signs_nobody_in(
    app: Flask, bob: FlaskClient
) -> None:
    status, said = command(app, "password", BOB, typed=f"{OTHER}\n{OTHER}\n")
    by_old_session = bob.get("/").status_code

    assert status == 0
    assert (
        said.splitlines()[-1]
        == f"{BOB} has a new password and was signed out everywhere."
    )
    assert OTHER not in said
    assert by_old_session == 303
    assert sign_in(bob, BOB, OTHER)


@ONE_DATABASE
def test_a_bad_new_password_changes_nothing(app: Flask, ada: FlaskClient) -> None:
    ends = [
        command(app, "password", ADA, "--password-stdin", typed=password)
        for password, _ in BAD_PASSWORDS
    ]

    assert ends == [refused(reason) for _, reason in BAD_PASSWORDS]
    assert user(ADA).password is None
    assert ada.get("/").status_code == 200


@ONE_DATABASE
def test_a_new_role_holds_at_once_and_ends_sessions_of_the_old_one(
    app: Flask, bob: FlaskClient
) -> None:
    before = bob.get("/forms/new").status_code
    status, said = command(app, "role", BOB, "admin")
    after = bob.get("/forms/new").status_code
    as_admin = roles(BOB)
    back = command(app, "role", BOB, "viewer")

    assert (status, said) == (0, f"{BOB} is now an admin.\n")
    assert back == (0, f"{BOB} is now a viewer.\n")
    assert (before, after) == (403, 303)
    assert (as_admin, roles(BOB)) == (["admin"], ["viewer"])


# -- the last admin, and nobody at all


@ONE_DATABASE
def test_the_last_active_admin_stays(app: Flask, bob: FlaskClient) -> None:
    users.set_role(BOB, "admin")
    users.disable(BOB)

    for way in (("role", ADA, "viewer"), ("disable", ADA)):
        status, said = command(app, *way)

        assert status == 1
        assert f"{ADA} is the last active admin" in said
        assert "Add another admin first" in said
    assert (user(ADA).active, roles(ADA)) == (True, ["admin"])
    users.enable(BOB)
    assert command(app, *way)[0] == 0


@ONE_DATABASE
def test_who_is_no_active_admin_can_always_be_made_less(
    app: Flask, bob: FlaskClient
) -> None:
    users.set_role(BOB, "admin")
    users.disable(BOB)

    assert command(app, "role", BOB, "viewer")[0] == 0
    assert command(app, "disable", BOB)[0] == 0


# SQLite has one writer at a time anyway
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_admins_cannot_disable_each_other_at_once(
    app: Flask, bob: FlaskClient
) -> None:
    users.set_role(BOB, "admin")

    def disable(email: str) -> str:
        with app.app_context():
            try:
                users.disable(email)
            except users.UserRejected as why:
                return str(why)
            return "out"

    with ThreadPoolExecutor(2) as both:
        with locked("user_account"):
            running = [both.submit(disable, email) for email in (ADA, BOB)]
            until(lambda: waiting() == 2)
        ends = [one.result() for one in running]

    assert ends.count("out") == 1
    assert sum(one.active for one in users.everybody()) == 1


@ONE_DATABASE
def test_an_unknown_address_is_told_with_the_nearest_one(
    app: Flask, ada: FlaskClient
) -> None:
    for name, *rest in (
        ("disable",),
        ("enable",),
        ("role", "viewer"),
        ("password", "--password", OTHER),
    ):
        near, far = (
            command(app, name, "aba@example.com", *rest),
            command(app, name, "zzz@zzz.zz", *rest),
        )

        assert near == (
            1,
            f"Error: There is no user aba@example.com. Did you mean {ADA}?\n",
        )
        assert far == (
            1,
            (
                "Error: There is no user zzz@zzz.zz. To list all users: flask"
                " latchkey users list\n"
            ),
        )


@ONE_DATABASE
def test_a_wrong_address_is_told_before_a_password_is_asked(
    app: Flask, ada: FlaskClient
) -> None:
    unknown, taken = (
        command(app, *words, typed=f"{OTHER}\n{OTHER}\n")[1]
        for words in (("password", "aba@example.com"), ("create", ADA))
    )

    assert unknown.startswith("Error: There is no user")
    assert taken.startswith(f"Error: User {ADA} already exists")


@ONE_DATABASE
def test_a_lost_database_is_told_in_one_sentence(
    app: Flask, world: World, data_dir: Path
) -> None:
    db.session.remove()
    db.engine.dispose()
    (data_dir / "latchkey.db").rename(data_dir / "elsewhere.db")
    (data_dir / "latchkey.db").mkdir()

    for way in (("list",), ("disable", ADA), ("create", ADA, "--password", PASSWORD)):
        status, said = command(app, *way)

        assert status == 1
        assert said.startswith(
            "Error: The database isn't available, so nothing was changed: "
        )
        assert len(said.splitlines()) == 1


def test_every_refusal_has_a_sentence() -> None:
    assert any(file.name == "auth/users" for file in files())
    assert strings_of("auth/users", "UserRejected") == set(messages.PEOPLE)
