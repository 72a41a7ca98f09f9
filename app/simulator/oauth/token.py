"""The token endpoint, and the keys that its tokens are signed with."""

import re

from flask import Blueprint, Response, request

from app.simulator.errors import answered, oauth_error, okta_throttled
from app.simulator.models import App
from app.simulator.oauth import devices, grants
from app.simulator.oauth.access_tokens import read
from app.simulator.oauth.clients import DEVICE_CODE, allow, named_client, proven_app
from app.simulator.oauth.parameters import needed, parameters
from app.simulator.settings import KEYS_PATH, TOKEN_PATH
from app.simulator.simulator import Simulator, simulator

routes = Blueprint("token", __name__)
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@routes.post(TOKEN_PATH)
def token() -> Response:
    sent = parameters()
    client_id, secret = named_client(request.headers.get("Authorization"), sent)
    request.environ["simulator.client_id"] = client_id
    here = simulator()
    with here.lock:
        _pace(here, client_id or "")
        app = proven_app(here.state.apps, sent, client_id, secret)
        tokens = _token_set(here, app, sent)
        login = here.state.logins[read(here, tokens["access_token"])["sub"]]
    request.environ["simulator.account"] = login.account
    response = answered(tokens)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def _pace(here: Simulator, client_id: str) -> None:
    if not here.limits.let_through(
        "token", client_id, here.clock.now(), here.settings.token_calls_per_second
    ):
        raise okta_throttled()


def _token_set(here: Simulator, app: App, sent: dict[str, str]) -> grants.TokenSet:
    kind = needed(sent, "grant_type")
    if kind not in ("authorization_code", "refresh_token", DEVICE_CODE):
        raise oauth_error(
            "unsupported_grant_type", "The authorization grant type is not supported."
        )
    allow(app, kind)
    _refuse_scripts(app, sent)
    match kind:
        case "authorization_code":
            code, redirect_uri = needed(sent, "code"), needed(sent, "redirect_uri")
            return grants.redeem(here, app, code, redirect_uri, _verifier(sent))
        case "refresh_token":
            return grants.renew(
                here, app, needed(sent, "refresh_token"), sent.get("scope")
            )
        case _:
            return devices.redeem(here, app, needed(sent, "device_code"))


def _refuse_scripts(app: App, sent: dict[str, str]) -> None:
    """Refuse a browser's call unless it uses PKCE.

    A refresh has no verifier, so there the app must be one of the PKCE flow.
    """
    if (
        request.headers.get("Origin")
        and app.flow != "pkce"
        and "code_verifier" not in sent
    ):
        described = (
            "Browser requests to the token endpoint must use Proof Key for Code"
            " Exchange."
        )
        raise oauth_error("invalid_request", described)


def _verifier(sent: dict[str, str]) -> str | None:
    """One that could belong to no challenge is refused before it uses the code up."""
    verifier = sent.get("code_verifier")
    if verifier is not None and not VERIFIER.fullmatch(verifier):
        raise oauth_error(
            "invalid_request", "The 'code_verifier' parameter is invalid."
        )
    return verifier


@routes.get(KEYS_PATH)
def keys() -> Response:
    return answered({"keys": [simulator().key.public]})
