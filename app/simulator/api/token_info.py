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
# How a gateway says that there is no such route any more.
OF_A_GATEWAY = {
    "gateway_403": (
        403,
        "application/json",
        '{"message":"Missing Authentication Token"}',
    ),
    "gateway_404": (404, "application/json", ""),
    "gateway_405": (405, "text/html", "<html><h1>405 Not Allowed</h1></html>"),
    "gateway_410": (410, "text/html", "<html><h1>410 Gone</h1></html>"),
}


@routes.post("/v3/token_info")
def token_info() -> Response:
    switch = simulator().settings.token_info
    if switch == "gone":
        raise not_found("Resource not found.")
    if switch in OF_A_GATEWAY:
        status, content_type, body = OF_A_GATEWAY[switch]
        return Response(body, status, content_type=content_type)
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
