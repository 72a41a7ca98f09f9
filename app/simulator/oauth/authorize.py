"""Where an app sends the browser (contract 1.2).

The request is checked, then sign-in or consent follow.
"""

import re
import secrets
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.simulator.models import App, Request
from app.simulator.oauth.scopes import NOT_CONFIGURED, scopes_in, unknown
from app.simulator.oauth.sessions import current_session
from app.simulator.settings import AUTHORIZE_PATH, JUDGE_PATH
from app.simulator.simulator import Simulator, simulator

routes = Blueprint("authorize", __name__)
REQUEST_LIFE = 3600
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
NOT_CODE = "The response type is not supported by the authorization server."
NO_CHALLENGE = (
    "PKCE code challenge is required when the token endpoint authentication method is"
    " 'NONE'."
)
Arguments = MultiDict[str, str]


@routes.get(AUTHORIZE_PATH)
def authorize() -> Response:
    """Send the browser on as it came: the address that apps know judges nothing."""
    query = request.query_string.decode()
    return redirect(f"{JUDGE_PATH}?{query}" if query else JUDGE_PATH)


@routes.get(JUDGE_PATH)
def judge() -> Response | tuple[str, int]:
    here, sent = simulator(), request.args
    request.environ["simulator.client_id"] = sent.get("client_id")
    with here.lock:
        if problem := unreturnable(here.state.apps, sent):
            return render_template("simulator/refused.html", problem=problem), 400
        if error := returnable(here.state.apps[sent["client_id"]], sent):
            return send_back(
                sent["redirect_uri"],
                error=error[0],
                error_description=error[1],
                state=sent.get("state"),
            )
        return _ask_the_person(here, sent)


def unreturnable(apps: dict[str, App], sent: Arguments) -> str | None:
    """What is so wrong that the browser must not be sent back; None when nothing is."""
    app = apps.get(sent.get("client_id", ""))
    uris = sent.getlist("redirect_uri")
    if not app or not app.active or len(sent.getlist("client_id")) > 1:
        return "Invalid value for 'client_id' parameter."
    parts = urlsplit(uris[0] if uris else "")
    if not parts.scheme or not parts.netloc:
        return "The 'redirect_uri' parameter must be an absolute URI."
    if len(uris) > 1 or uris[0] not in app.redirect_uris:
        return (
            "The 'redirect_uri' parameter must be a Login redirect URI in the client"
            " app settings"
        )
    return None


def returnable(app: App, sent: Arguments) -> tuple[str, str] | None:
    """Return the error and its description for the app; None for a good request."""
    for name in sent:
        if len(sent.getlist(name)) > 1:
            return "invalid_request", f"The '{name}' parameter was sent more than once."
    for name in ("response_type", "state", "scope"):
        if not sent.get(name, "").strip():
            return (
                "invalid_request",
                f"The authentication request has an invalid '{name}' parameter.",
            )
    if sent["response_type"] != "code":
        return "unsupported_response_type", NOT_CODE
    if unknown(sent["scope"]):
        return "invalid_scope", NOT_CONFIGURED
    return _bad_extras(app, sent)


def _bad_extras(app: App, sent: Arguments) -> tuple[str, str] | None:
    if sent.get("prompt", "login") not in ("login", "consent", "none"):
        return "invalid_request", "The 'prompt' parameter is invalid."
    if "code_challenge" not in sent and "code_challenge_method" not in sent:
        return ("invalid_request", NO_CHALLENGE) if app.public else None
    if sent.get("code_challenge_method") != "S256":
        return "invalid_request", "The 'code_challenge_method' parameter must be S256."
    if not CHALLENGE.fullmatch(sent.get("code_challenge", "")):
        return "invalid_request", "The 'code_challenge' parameter is invalid."
    return None


def send_back(redirect_uri: str, **answer: str | None) -> Response:
    """Back to the app, with the answer added to whatever query its URI already has."""
    joint = "&" if "?" in redirect_uri else "?"
    return redirect(
        redirect_uri
        + joint
        + urlencode({name: value for name, value in answer.items() if value})
    )


def _ask_the_person(here: Simulator, sent: Arguments) -> Response:
    session = current_session(here)
    prompt = sent.get("prompt")
    if prompt == "none":
        error = "consent_required" if session else "login_required"
        described = "The client specified not to prompt, but the user has to act."
        return send_back(
            sent["redirect_uri"],
            error=error,
            error_description=described,
            state=sent["state"],
        )
    waiting = Request(
        client_id=sent["client_id"],
        redirect_uri=sent["redirect_uri"],
        scopes=scopes_in(sent["scope"]),
        state=sent["state"],
        challenge=sent.get("code_challenge"),
        nonce=sent.get("nonce"),
        at=here.clock.now(),
        login=session.login if session and prompt != "login" else None,
    )
    return on_to_the_person(here, waiting)


def on_to_the_person(here: Simulator, waiting: Request) -> Response:
    """Remember the request, and lead to consent, or to sign-in first."""
    for old in [
        key
        for key, other in here.state.requests.items()
        if other.at + REQUEST_LIFE < waiting.at
    ]:
        del here.state.requests[old]
    key = secrets.token_urlsafe(16)
    here.state.requests[key] = waiting
    return redirect(
        url_for("pages.consent" if waiting.login else "pages.sign_in", request=key)
    )
