"""Sign people in and out, with Flask-Security, argon2 and pages of ours."""

from datetime import timedelta
from typing import Any

from flask import Flask, current_app
from flask_babel import lazy_gettext as _
from flask_security import Security, SQLAlchemyUserDatastore

from app.auth import sessions, users
from app.auth.models import Role, User
from app.auth.sign_in_form import SignInForm
from app.config.settings import Settings
from app.core.crypto import Cipher
from app.core.logs import log
from app.database.session import db
from app.web import cookies, limits


def init(app: Flask, settings: Settings, vault: Cipher) -> None:
    """Set up Flask-Security, and throttle sign-ins before it hashes a password."""
    cookie_keys = vault.derived("cookies")
    app.config.update(
        SECRET_KEY=cookie_keys[0],
        SECRET_KEY_FALLBACKS=cookie_keys[1:],
        SECURITY_PASSWORD_SALT=vault.derived("passwords")[-1],
        SECURITY_PASSWORD_HASH="argon2",
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGOUT_VIEW="/sign-in",
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_CLI_USERS_NAME="",
        SECURITY_CLI_ROLES_NAME="",
        SECURITY_PASSWORD_LENGTH_MIN=15,
        SECURITY_DEFAULT_REMEMBER_ME=False,  # and the form has no such field
        SECURITY_MSG_GENERIC_AUTHN_FAILED=(
            _("That email address and password don’t match."),
            "error",
        ),
        SECURITY_MSG_UNAUTHENTICATED=(_("Please sign in first."), "info"),
        # owners' pages send no Referer, on purpose
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        # the cookie's own; `sessions` ends idle ones sooner
        PERMANENT_SESSION_LIFETIME=timedelta(days=settings.session_days),
        SESSION_COOKIE_NAME=cookies.name_of("latchkey", settings),
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    security = Security(
        app, SQLAlchemyUserDatastore(db, User, Role), login_form=SignInForm
    )
    # Flask-Security would look for a token in any JSON body, even while an error page
    # is made for a body that is too large.
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]  # set by Flask-Login
    sessions.init(app)
    security.login_context_processor(lambda: {"nobody_yet": not users.anybody()})
    limits.spare_visitors(app, security.principal)
    app.extensions["latchkey.sign_in"] = app.view_functions["security.login"]
    app.view_functions["security.login"] = _throttled_sign_in


def log_lockout(_limit: object) -> None:
    """Note that a network has to wait before it may try again."""
    log.warning("sign_in_locked_out")


@limits.throttled("sign_in_limits", methods=["POST"], on_breach=log_lockout)
def _throttled_sign_in() -> Any:
    """Call Flask-Security's view behind our throttle.

    The limiter counts by function, so all apps of a process share this one.
    """
    return current_app.extensions["latchkey.sign_in"]()
