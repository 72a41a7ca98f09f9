"""The token endpoint, and the keys that its tokens are signed with."""

from flask import Blueprint, Response, request

from app.simulator.errors import answered, oauth_error, throttled
from app.simulator.models import App
from app.simulator.oauth import grants
from app.simulator.oauth.access_tokens import read
from app.simulator.oauth.clients import named_client, proven_app
from app.simulator.settings import KEYS_PATH, TOKEN_PATH
from app.simulator.simulator import Simulator, simulator

routes = Blueprint("token", __name__)
FORM = "application/x-www-form-urlencoded"


@routes.post(TOKEN_PATH)
def token() -> Response:
    sent = parameters()
    client_id, secret = named_client(request.headers.get("Authorization"), sent)
    request.environ["simulator.client_id"] = client_id
    here = simulator()
    with here.lock:
        _pace(here, client_id or "")
        app = proven_app(here.state.apps, client_id, secret)
        tokens = _token_set(here, app, sent)
        login = here.state.logins[read(here, tokens["access_token"])["sub"]]
    request.environ["simulator.account"] = login.account
    response = answered(tokens)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def parameters() -> dict[str, str]:
    """Parameters of body and query together, since clients of this provider use either."""
    if request.content_length and request.mimetype != FORM:
        raise oauth_error("invalid_request", "The request body must be application/x-www-form-urlencoded.")
    for name in {*request.args, *request.form}:
        if len(request.args.getlist(name)) + len(request.form.getlist(name)) > 1:
            raise oauth_error("invalid_request", f"The '{name}' parameter was sent more than once.")
    return {**request.args.to_dict(), **request.form.to_dict()}


def _pace(here: Simulator, client_id: str) -> None:
    if not here.limits.let_through("token", client_id, here.clock.now(), here.settings.token_calls_per_second):
        raise throttled()


def _token_set(here: Simulator, app: App, sent: dict[str, str]) -> grants.TokenSet:
    match _needed(sent, "grant_type"):
        case "authorization_code":
            _refuse_scripts(sent)
            code, redirect_uri = _needed(sent, "code"), _needed(sent, "redirect_uri")
            return grants.redeem(here, app, code, redirect_uri, sent.get("code_verifier"))
        case "refresh_token":
            return grants.renew(here, app, _needed(sent, "refresh_token"), sent.get("scope"))
        case _:
            raise oauth_error("unsupported_grant_type", "The authorization grant type is not supported.")


def _needed(sent: dict[str, str], name: str) -> str:
    if not sent.get(name):
        raise oauth_error("invalid_request", f"The token request must specify '{name}'.")
    return sent[name]


def _refuse_scripts(sent: dict[str, str]) -> None:
    if request.headers.get("Origin") and "code_verifier" not in sent:
        raise oauth_error("invalid_request", "Browser requests to the token endpoint must use PKCE.")


@routes.get(KEYS_PATH)
def keys() -> Response:
    return answered({"keys": [simulator().key.public]})
