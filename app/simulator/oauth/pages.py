"""The pages the owner sees: sign in, the second factor by setting, consent."""

import secrets

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.simulator.models import Account, Code, Login, Request, Session
from app.simulator.oauth import devices
from app.simulator.oauth.authorize import send_back
from app.simulator.oauth.scopes import SCOPES
from app.simulator.oauth.sessions import begun_session, current_session, sign_in
from app.simulator.simulator import Simulator, simulator

routes = Blueprint("pages", __name__)
Page = Response | str | tuple[str, int]
GONE = "This request is no longer waiting. Go back to the app and start again."


@routes.route("/signin", methods=["GET", "POST"], endpoint="sign_in")
def sign_in_page() -> Page:
    here = simulator()
    with here.lock:
        waiting = _waiting(here)
        if not waiting:
            return _gone()
        typed = request.form.get("login", "").strip()
        if (
            request.method == "GET"
            or typed not in here.state.logins
            or not request.form.get("password")
        ):
            return _sign_in_form(
                here, waiting, typed if request.method == "POST" else None
            )
        return _signed_in(here, waiting, typed)


def _waiting(here: Simulator) -> Request | None:
    return here.state.requests.get(request.args.get("request", ""))


def _gone() -> tuple[str, int]:
    return render_template("simulator/refused.html", problem=GONE), 400


def _sign_in_form(here: Simulator, waiting: Request, typed: str | None) -> Page:
    problem = None
    if typed is not None:
        problem = (
            "There is no such login here."
            if typed not in here.state.logins
            else "Enter a password; any will do."
        )
    people = [(login, _account(here, login)) for login in here.state.logins.values()]
    app = here.state.apps[waiting.client_id]
    page = render_template(
        "simulator/sign_in.html",
        people=people,
        app=app,
        typed=typed or "",
        problem=problem,
    )
    return (page, 422) if problem else page


def _account(here: Simulator, login: Login) -> Account | None:
    return here.state.accounts.get(login.account or "")


def _signed_in(here: Simulator, waiting: Request, login: str) -> Response:
    step = "pages.second_factor" if here.settings.mfa else "pages.consent"
    response = redirect(url_for(step, request=request.args["request"]), 303)
    waiting.login = login
    sign_in(here, login, response)
    return response


@routes.route("/mfa", methods=["GET", "POST"])
def second_factor() -> Page:
    here = simulator()
    with here.lock:
        waiting, session = _waiting(here), begun_session(here)
        if not waiting or not session:
            return _gone()
        if request.method == "GET" or not request.form.get("code", "").isdigit():
            return render_template("simulator/mfa.html", login=session.login)
        session.proven = True
        return redirect(url_for("pages.consent", request=request.args["request"]), 303)


@routes.route("/consent", methods=["GET", "POST"])
def consent() -> Page:
    here = simulator()
    with here.lock:
        waiting, session = _waiting(here), current_session(here)
        if not waiting or not session or waiting.login != session.login:
            return _gone()
        if request.method == "GET" or request.form.get("decision") not in (
            "allow",
            "deny",
        ):
            return _consent_form(here, waiting, here.state.logins[session.login])
        del here.state.requests[request.args["request"]]
        allowed_by = session if request.form["decision"] == "allow" else None
        return (
            _to_device(here, waiting.device, allowed_by)
            if waiting.device
            else _back(here, waiting, allowed_by)
        )


def _consent_form(here: Simulator, waiting: Request, login: Login) -> str:
    return render_template(
        "simulator/consent.html",
        app=here.state.apps[waiting.client_id],
        login=login,
        account=_account(here, login),
        scopes=[(scope, SCOPES[scope]) for scope in waiting.scopes],
        returns_to=waiting.redirect_uri,
        waiting=request.args["request"],
    )


def _to_device(here: Simulator, code: str, allowed_by: Session | None) -> Page:
    if not devices.decide(here, code, allowed_by):
        return _gone()
    return render_template("simulator/activated.html", allowed=allowed_by is not None)


def _back(here: Simulator, waiting: Request, allowed_by: Session | None) -> Response:
    if allowed_by:
        return send_back(
            waiting.redirect_uri,
            code=_new_code(here, waiting, allowed_by),
            state=waiting.state,
        )
    described = "The resource owner denied the request."
    return send_back(
        waiting.redirect_uri,
        error="access_denied",
        error_description=described,
        state=waiting.state,
    )


def _new_code(here: Simulator, waiting: Request, session: Session) -> str:
    code = secrets.token_urlsafe(32)
    here.state.codes[code] = Code(
        client_id=waiting.client_id,
        redirect_uri=waiting.redirect_uri,
        scopes=waiting.scopes,
        challenge=waiting.challenge,
        nonce=waiting.nonce,
        login=session.login,
        auth_time=session.at,
        at=here.clock.now(),
    )
    return code
