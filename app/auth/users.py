"""Users made and changed.

Who is refused is told why; whoever counts admins or users counts alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from uuid import uuid4

from flask import current_app
from flask_security.utils import hash_password
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.auth.models import Role, User
from app.database.session import db, insert, write_transaction
from app.messages import PEOPLE
from app.services import services
from app.web import access

ROLES = {"admin": "May connect accounts and change forms", "viewer": "May look"}
SHORTEST, LONGEST = 15, 128  # characters of a password


class UserRejected(Exception):
    """It was not done, for a reason of `words.PEOPLE`; the message is its sentence."""

    def __init__(self, reason: str, **named: str) -> None:
        super().__init__(PEOPLE[reason] % named)


def anybody() -> bool:
    """Whether there is any user at all, whoever may sign in."""
    return bool(db.session.scalar(select(exists(select(User.id)))))


def everybody() -> list[User]:
    return list(
        db.session.scalars(select(User).order_by(User.created_at, User.email)).unique()
    )


def create(email: str, password: str, role: str) -> None:
    """Make a user. Raises `Refused`, also when there is one with this address."""
    email = free(email)
    sealed = _hashed(checked_password(password, email))
    with _alone() as session:
        _put(session, free(email), sealed, role)


def create_first(email: str, password: str) -> None:
    """Make the first user, an admin. Raises `Refused`, also when there is any user."""
    email = checked_email(email)
    sealed = _hashed(checked_password(password, email))
    with _alone() as session:
        if anybody():
            raise UserRejected("not_first")
        _put(session, email, sealed, "admin")


def put(email: str, password: str, role: str) -> None:
    """Make a user, or an existing one as said, whatever the password: for the demo."""
    sealed = _hashed(password)
    with _alone() as session:
        _put(session, email, sealed, role)


def disable(email: str) -> None:
    """End somebody's sessions and let them in no more. Raises `Refused`."""
    with _alone():
        user = _known(email)
        _not_the_last_admin(user)
        user.active, user.fs_uniquifier = False, uuid4().hex


def enable(email: str) -> None:
    """Let somebody in again. Raises `Refused`."""
    with write_transaction():
        _known(email).active = True


def set_role(email: str, role: str) -> None:
    """Holds from the next request on. Raises `Refused`."""
    with _alone():
        user = _known(email)
        if role != "admin":
            _not_the_last_admin(user)
        user.roles = [_role(role)]


def set_password(email: str, password: str) -> None:
    """Also ends all sessions. Raises `Refused`."""
    sealed = _hashed(checked_password(password, known(email)))
    with write_transaction():
        user = _known(email)
        user.password, user.fs_uniquifier = sealed, uuid4().hex


def free(email: str) -> str:
    """The address as it would be stored, or `Refused` when it is none or somebody's
    already.
    """
    email = checked_email(email)
    if _at(email):
        raise UserRejected("exists", email=email)
    return email


def known(email: str) -> str:
    """The address as it is stored, or `Refused`."""
    return _known(email).email


def checked_email(email: str) -> str:
    """The address as it is stored and as sign-in looks for it, or `Refused`."""
    try:
        return str(
            current_app.extensions["security"].mail_util.normalize(email.strip())
        ).lower()
    except ValueError:
        raise UserRejected("email_wrong") from None


def checked_password(password: str, email: str) -> str:
    """The password, when it may be one, or `Refused`."""
    # sign-in takes nothing but blanks for nothing typed
    if len(password.strip()) < SHORTEST:
        raise UserRejected("password_short")
    if len(password) > LONGEST:
        raise UserRejected("password_long")
    if password.strip().lower() == email.strip().lower():
        raise UserRejected("password_is_email")
    return password


def _hashed(password: str) -> str:
    """Normalised as sign-in does, or an ü could never be typed again.

    Slow on purpose: outside of transactions.
    """
    # it would be salted with a key that is soon put away
    if access.is_locked(current_app):
        raise UserRejected("locked")
    return str(
        hash_password(
            current_app.extensions["security"].password_util.normalize(password)
        )
    )


@contextmanager
def _alone() -> Iterator[Session]:
    """A write transaction that holds the admins' role, so that on PostgreSQL too only
    one at a time counts users.
    """
    with write_transaction() as session:
        session.execute(
            insert(Role)
            .values(name="admin", description=ROLES["admin"])
            .on_conflict_do_nothing()
        )
        session.execute(select(Role.id).where(Role.name == "admin").with_for_update())
        yield session


def _put(session: Session, email: str, sealed: str, role: str) -> None:
    user = _at(email)
    if user is None:
        user = User(email=email, created_at=services().clock.now())
        session.add(user)
    user.password, user.fs_uniquifier, user.active = sealed, uuid4().hex, True
    user.roles = [_role(role)]


def _at(email: str) -> User | None:
    return db.session.scalar(select(User).where(User.email == email.strip().lower()))


def _known(email: str) -> User:
    if user := _at(email):
        return user
    near = get_close_matches(email.lower(), [user.email for user in everybody()], n=1)
    raise (
        UserRejected("unknown_but_near", email=email, near=near[0])
        if near
        else UserRejected("unknown", email=email)
    )


def _not_the_last_admin(user: User) -> None:
    active = [one for one in everybody() if one.active and one.has_role("admin")]
    if active == [user]:
        raise UserRejected("last_admin", email=user.email)


def _role(name: str) -> Role:
    role = db.session.scalar(select(Role).where(Role.name == name))
    return role or Role(name=name, description=ROLES[name])
