"""Who is signed in in this browser.

The cookie has a name of its own, because cookies ignore ports.
"""

import secrets

from flask import request
from werkzeug.wrappers import Response

from app.simulator.models import Session
from app.simulator.simulator import Simulator

COOKIE = "simulator_session"


def current_session(here: Simulator) -> Session | None:
    """Return the browser's session.

    None when its login is gone or its second factor is still to come.
    """
    session = begun_session(here)
    return session if session and session.proven else None


def begun_session(here: Simulator) -> Session | None:
    """The browser's session, before the second factor too."""
    session = here.state.sessions.get(request.cookies.get(COOKIE, ""))
    return session if session and session.login in here.state.logins else None


def sign_in(here: Simulator, login: str, response: Response) -> None:
    """Start a session and hand its cookie out."""
    key = secrets.token_urlsafe(24)
    here.state.sessions[key] = Session(
        login, here.clock.now(), proven=not here.settings.mfa
    )
    response.set_cookie(COOKIE, key, httponly=True, samesite="Lax", path="/")
