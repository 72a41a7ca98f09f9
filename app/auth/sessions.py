"""Sessions of people who signed in: a row for each, so that one can be ended.

Flask's signed cookie carries a random id, and the row has its digest. A cookie whose
row is gone, idle for too long or too old opens nothing.
"""

import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import structlog
from flask import Flask, g, request, session
from flask_login import user_logged_in, user_logged_out
from sqlalchemy import ColumnElement, and_, delete, not_, select, update
from sqlalchemy.orm import Session

from app.auth.models import User, UserSession
from app.core.crypto import digest
from app.core.logs import log
from app.database.session import UNUSABLE, db, write_transaction
from app.services import services
from app.web import access, limits

ID_IN_COOKIE = "session_id"
WRITTEN_EVERY = timedelta(minutes=5)  # when a session was last used


def init(app: Flask) -> None:
    """Let the cookie open what its row allows; call this after Flask-Security."""
    app.login_manager.user_loader(_load_user)  # type: ignore[attr-defined]  # set by Flask-Login
    user_logged_in.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)
    app.before_request(_note_use)


def begin(user_id: str, network: str) -> str:
    """Store a session; return its id, which only the cookie has."""
    session_id, now = secrets.token_urlsafe(32), services().clock.now()
    with write_transaction() as transaction:
        transaction.execute(delete(UserSession).where(not_(_lives(now))))
        transaction.add(
            UserSession(
                id_digest=digest(session_id),
                user_id=user_id,
                created_at=now,
                seen_at=now,
                network=network,
            )
        )
    return session_id


def end_all(transaction: Session, user_id: str) -> None:
    """End every session of somebody, in the caller's transaction."""
    transaction.execute(delete(UserSession).where(UserSession.user_id == user_id))


def all_from_a_neighbor() -> bool:
    """Tell whether all sessions were begun at one address of a private network: that of
    a proxy in front, when nobody counts its hops.
    """
    networks = list(db.session.scalars(select(UserSession.network).distinct()))
    with suppress(ValueError):
        return len(networks) == 1 and ip_network(networks[0]).is_private
    return False


def _lives(now: datetime) -> ColumnElement[bool]:
    settings = services().settings
    return and_(
        UserSession.seen_at > now - timedelta(hours=settings.session_idle_hours),
        UserSession.created_at > now - timedelta(days=settings.session_days),
    )


def _load_user(uniquifier: str) -> User | None:
    """Find the person of this request's cookie, as Flask-Login asks for it."""
    id_digest = digest(session.get(ID_IN_COOKIE, ""))
    query = (
        select(User, UserSession.seen_at)
        .join(UserSession, UserSession.user_id == User.id)
        .where(
            UserSession.id_digest == id_digest,
            User.fs_uniquifier == uniquifier,
            User.active,
            _lives(services().clock.now()),
        )
    )
    row = db.session.execute(query).unique().first()
    if row is None:
        return None
    user, seen_at = row
    g.user_session = (id_digest, seen_at)
    structlog.contextvars.bind_contextvars(user=user.id)
    return user


def _note_use() -> None:
    """Write down that the session is in use; a page that asks by itself is no use."""
    if "user_session" not in g or access.is_poll():
        return
    (id_digest, seen_at), now = g.user_session, services().clock.now()
    if now - seen_at < WRITTEN_EVERY:
        return
    with suppress(*UNUSABLE), write_transaction() as transaction:
        transaction.execute(
            update(UserSession)
            .where(UserSession.id_digest == id_digest)
            .values(seen_at=now)
        )


def _signed_in(_app: Flask, user: Any) -> None:
    network = limits.network_of(request.remote_addr or "")
    user_id = user.id
    session[ID_IN_COOKIE] = begin(user_id, network[:45])
    structlog.contextvars.bind_contextvars(user=user_id)
    log.info("signed_in")


def _signed_out(_app: Flask, **_of_whom: Any) -> None:
    session_id = session.pop(ID_IN_COOKIE, "")
    with write_transaction() as transaction:
        transaction.execute(
            delete(UserSession).where(UserSession.id_digest == digest(session_id))
        )
    log.info("signed_out")
