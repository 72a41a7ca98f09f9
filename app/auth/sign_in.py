"""Sign people in and out, with Flask-Security, argon2 and pages of ours."""

from datetime import timedelta
from typing import Any

from flask import Flask, current_app
from flask_babel import lazy_gettext as _
from flask_security import Security, SQLAlchemyUserDatastore

from app.auth import users
from app.auth.models import Role, User
from app.config.settings import Settings
from app.core.crypto import Cipher
from app.database.session import db
from app.web import limits


def init(app: Flask, settings: Settings, vault: Cipher) -> None:
    """Set up Flask-Security, and throttle sign-ins before it hashes a password."""
    cookie_keys = vault.derived("cookies")
    cookie_name = "latchkey"
    if settings.https:
        cookie_name = f"__Host-{cookie_name}"
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
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_MSG_GENERIC_AUTHN_FAILED=(
            _("That e-mail address and password do not match."),
            "error",
        ),
        SECURITY_MSG_UNAUTHENTICATED=(_("Please sign in first."), "info"),
        # owners' pages send no Referer, on purpose
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        SESSION_COOKIE_NAME=cookie_name,
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=settings.https,
        REMEMBER_COOKIE_SAMESITE="Lax",
        # our page does not offer it, but a post can ask for it
        REMEMBER_COOKIE_DURATION=timedelta(hours=12),
    )
    security = Security(app, SQLAlchemyUserDatastore(db, User, Role))
    # Flask-Security would look for a token in any JSON body, even while an error page
    # is made for a body that is too large.
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]  # set by Flask-Login
    security.login_context_processor(lambda: {"nobody_yet": not users.anybody()})
    limits.spare_visitors(app, security.principal)
    app.extensions["latchkey.sign_in"] = app.view_functions["security.login"]
    app.view_functions["security.login"] = _throttled_sign_in


@limits.throttled("sign_in_limits", methods=["POST"])
def _throttled_sign_in() -> Any:
    """Call Flask-Security's view behind our throttle.

    The limiter counts by function, so all apps of a process share this one.
    """
    return current_app.extensions["latchkey.sign_in"]()
