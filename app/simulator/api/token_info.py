"""POST /v3/token_info: the scopes of an access token (contract 2).

The route is deprecated, and can be switched off.
"""

from flask import Blueprint, Response

from app.simulator.api.bodies import json_object
from app.simulator.api.gate import Caller, gated, holder
from app.simulator.errors import answered, forbidden, invalid, not_found
from app.simulator.oauth.access_tokens import genuine
from app.simulator.oauth.scopes import API_SCOPES
from app.simulator.simulator import simulator

routes = Blueprint("token_info", __name__)


@routes.post("/v3/token_info")
def token_info() -> Response:
    if simulator().settings.token_info == "gone":
        raise not_found("Resource not found.")
    return _scopes()


@gated(None, None)
def _scopes(caller: Caller) -> Response:
    """Return the scopes of the caller's own token.

    A token of another app is as foreign as one that is not ours; neither is told apart
    from rubbish.
    """
    if caller.here.settings.token_info == "forbidden":
        raise forbidden()
    token = json_object().get("token")
    if token is None:
        raise invalid("token is missing")
    claims = genuine(caller.here, token) if isinstance(token, str) else None
    if not claims or claims["cid"] != caller.client_id:
        raise invalid("token is invalid")
    holder(caller.here, token)
    return answered(
        {"scopes": [scope for scope in claims["scp"] if scope in API_SCOPES]}
    )
