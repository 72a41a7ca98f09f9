"""Tell machines that watch whether the app is alive and ready, and its figures."""

from hmac import compare_digest

from flask import Blueprint, Response, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy.exc import SQLAlchemyError

from app.database import migrate, patience
from app.monitoring import measures
from app.services import services
from app.status import worker_health
from app.web import access, limits

blueprint = Blueprint("monitoring", __name__)


def _brings_token() -> bool:
    """Tell whether the request has the setting's token: who guesses is paused."""
    token = services().settings.metrics_token.get_secret_value()
    authorization = request.headers.get("Authorization", "")
    is_right = compare_digest(authorization.encode(), f"Bearer {token}".encode())
    return bool(token) and is_right


@blueprint.get("/healthz")
@access.public
def healthz() -> ResponseReturnValue:
    """Answer that the process is alive, without asking the database."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
@access.public
def readyz() -> ResponseReturnValue:
    """Check the schema, the worker and the key; answer 503 when one is missing."""
    patience.answer_within(patience.VISITOR_SECONDS)
    try:
        checks = {
            "schema": migrate.current() == migrate.head(),
            "worker": worker_health.delivering(),
            "key": not access.is_locked(current_app),
        }
    except SQLAlchemyError:
        checks = {"database": False}
    if all(checks.values()):
        return jsonify(status="ready", checks=checks), 200
    return jsonify(status="not ready", checks=checks), 503


@blueprint.get("/metrics")
@access.public
@limits.throttled("sign_in_limits", exempt_when=_brings_token)
def figures() -> Response:
    """Give figures to whoever brings the setting's token; 404 without a setting."""
    if not services().settings.metrics_token.get_secret_value():
        abort(404)
    if not _brings_token():
        answer = Response(
            "Bring the token of LATCHKEY_METRICS_TOKEN as a bearer token.\n",
            401,
            mimetype="text/plain",
        )
        answer.headers["WWW-Authenticate"] = 'Bearer realm="latchkey"'
        return answer
    return Response(measures.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
