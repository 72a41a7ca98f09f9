"""Make and change users, and say why when something is refused."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from uuid import uuid4

from flask import current_app
from flask_security.utils import hash_password
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.auth import sessions
from app.auth.models import Role, User
from app.core.contact_rules import MAX_EMAIL_OF_MAIL
from app.core.logs import log
from app.database.session import db, insert, new_id, write_transaction
from app.messages import PEOPLE
from app.services import services
from app.web import access

ROLES = {"admin": "May connect accounts and change forms", "viewer": "May look"}
SHORTEST, LONGEST = 15, 128  # characters of a password


class UserRejected(Exception):
    """Nothing was changed; the message is the reason's sentence in `words.PEOPLE`."""

    def __init__(self, reason: str, **named: str) -> None:
        super().__init__(PEOPLE[reason] % named)


class NoLongerActive(Exception):
    """Whoever asked for a file was disabled while it was sent, so it breaks off."""


def anybody() -> bool:
    """Tell whether there is any user, disabled or not."""
    return bool(db.session.scalar(select(exists(select(User.id)))))


def everybody() -> list[User]:
    """List all users, the oldest first."""
    query = select(User).order_by(User.created_at, User.email)
    return list(db.session.scalars(query).unique())


def must_be_active(user_id: str) -> None:
    """Raise `NoLongerActive` when this user was disabled while a file is sent."""
    query = select(User.id).where(User.id == user_id, User.active)
    if db.session.scalar(query) is None:
        raise NoLongerActive


def is_active_admin(user_id: str, lock: bool = False) -> bool:
    """Tell whether this user may change things now.

    `lock`: in a write transaction, nobody disables them before its end.
    """
    query = select(User.id).where(
        User.id == user_id, User.active, User.roles.any(Role.name == "admin")
    )
    if lock:
        query = query.with_for_update(of=User)
    return db.session.scalar(query) is not None


def create(email: str, password: str, role: str) -> None:
    """Make a user, or raise `Refused`, also when the address is taken."""
    email = free(email)
    hashed = _hashed(checked_password(password, email))
    with _alone() as session:
        user = _put(session, free(email), hashed, role)
        whose = user.id
    log.info("user_created", whose=whose, role=role)


def create_first(email: str, password: str) -> None:
    """Make the first user, an admin, or raise `Refused`, also when there is a user."""
    email = checked_email(email)
    hashed = _hashed(checked_password(password, email))
    with _alone() as session:
        if anybody():
            raise UserRejected("not_first")
        user = _put(session, email, hashed, "admin")
        whose = user.id
    log.info("user_created", whose=whose, role="admin")


def put(email: str, password: str, role: str) -> None:
    """Make a user or change one, with any password; for the demo."""
    hashed = _hashed(password)
    with _alone() as session:
        _put(session, email, hashed, role)


def disable(email: str, also: Callable[[Session, User], None] | None = None) -> None:
    """End somebody's sessions and let them in no more, or raise `Refused`.

    `also` ends what they began, in the same transaction: see `accounts/offboarding`.
    """
    with _alone() as session:
        user = _known(email)
        _not_the_last_admin(user)
        user.active, user.fs_uniquifier = False, uuid4().hex
        sessions.end_all(session, user.id)
        if also:
            also(session, user)
        whose = user.id
    log.info("user_disabled", whose=whose)


def enable(email: str) -> None:
    """Let somebody in again, or raise `Refused`."""
    with write_transaction():
        user = _known(email)
        user.active, whose = True, user.id
    log.info("user_enabled", whose=whose)


def set_role(email: str, role: str) -> None:
    """Give somebody a role and end their sessions, or raise `Refused`."""
    with _alone() as session:
        user = _known(email)
        if role != "admin":
            _not_the_last_admin(user)
        user.roles = [_role(role)]
        sessions.end_all(session, user.id)
        whose = user.id
    log.info("role_changed", whose=whose, role=role)


def set_password(email: str, password: str) -> None:
    """Set somebody's password and end all their sessions, or raise `Refused`."""
    hashed = _hashed(checked_password(password, known(email)))
    with write_transaction() as session:
        user = _known(email)
        user.password, user.fs_uniquifier = hashed, uuid4().hex
        sessions.end_all(session, user.id)
        whose = user.id
    log.info("password_changed", whose=whose)


def free(email: str) -> str:
    """Return the address as it would be stored; raise `Refused` when wrong or taken."""
    email = checked_email(email)
    if with_email(email):
        raise UserRejected("exists", email=email)
    return email


def known(email: str) -> str:
    """Return the address as a user has it, or raise `Refused`."""
    return _known(email).email


def with_email(email: str) -> User | None:
    """Find whoever has this address, disabled or not."""
    return db.session.scalar(select(User).where(User.email == email.strip().lower()))


def checked_email(email: str) -> str:
    """Return the address as stored and as sign-in looks for it, or raise `Refused`."""
    if len(email) > MAX_EMAIL_OF_MAIL:
        raise UserRejected("email_wrong")
    mail_util = current_app.extensions["security"].mail_util
    try:
        return str(mail_util.normalize(email.strip())).lower()
    except ValueError:
        raise UserRejected("email_wrong") from None


def checked_password(password: str, email: str) -> str:
    """Return the password when it may be one, or raise `Refused`."""
    # sign-in takes blanks alone for an empty field
    if len(password.strip()) < SHORTEST:
        raise UserRejected("password_short")
    if len(password) > LONGEST:
        raise UserRejected("password_long")
    if password.strip().lower() == email.strip().lower():
        raise UserRejected("password_is_email")
    return password


def _hashed(password: str) -> str:
    """Hash a password; slow on purpose, so never within a transaction."""
    # the salt hangs on the key, and a wrong key is soon replaced
    if access.is_locked(current_app):
        raise UserRejected("locked")
    # as sign-in does: else an ü typed on another system would not match
    password_util = current_app.extensions["security"].password_util
    return str(hash_password(password_util.normalize(password)))


@contextmanager
def _alone() -> Iterator[Session]:
    """Open a write transaction in which nobody else counts users or admins.

    On PostgreSQL it holds the admins' role for that.
    """
    admin_role = insert(Role).values(name="admin", description=ROLES["admin"])
    with write_transaction() as session:
        session.execute(admin_role.on_conflict_do_nothing())
        session.execute(select(Role.id).where(Role.name == "admin").with_for_update())
        yield session


def _put(session: Session, email: str, hashed: str, role: str) -> User:
    user = with_email(email)
    if user is None:
        user = User(id=new_id(), email=email, created_at=services().clock.now())
        session.add(user)
    user.password, user.fs_uniquifier, user.active = hashed, uuid4().hex, True
    user.roles = [_role(role)]
    sessions.end_all(session, user.id)
    return user


def _known(email: str) -> User:
    if len(email) > MAX_EMAIL_OF_MAIL:
        raise UserRejected("email_wrong")
    if user := with_email(email):
        return user
    addresses = [user.email for user in everybody()]
    near = get_close_matches(email.lower(), addresses, n=1)
    if near:
        raise UserRejected("unknown_but_near", email=email, near=near[0])
    raise UserRejected("unknown", email=email)


def _not_the_last_admin(user: User) -> None:
    admins = [
        other for other in everybody() if other.active and other.has_role("admin")
    ]
    if admins == [user]:
        raise UserRejected("last_admin", email=user.email)


def _role(name: str) -> Role:
    role = db.session.scalar(select(Role).where(Role.name == name))
    return role or Role(name=name, description=ROLES[name])
