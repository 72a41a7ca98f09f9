"""For the machines that watch: alive, ready, and figures."""

from hmac import compare_digest

from flask import Blueprint, Response, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy.exc import SQLAlchemyError

from app.database import migrate
from app.monitoring import measures, worker_health
from app.services import services
from app.web import access

blueprint = Blueprint("monitoring", __name__)


@blueprint.get("/healthz")
@access.public
def healthz() -> ResponseReturnValue:
    """The process answers. The database is not asked."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
@access.public
def readyz() -> ResponseReturnValue:
    """Database, schema, a worker that delivers, and the key; 503 when one is missing."""
    try:
        checks = {
            "schema": migrate.current() == migrate.head(),
            "worker": worker_health.delivering(),
            "key": not access.is_locked(current_app),
        }
    except SQLAlchemyError:
        checks = {"database": False}
    ready = all(checks.values())
    return jsonify(status="ready" if ready else "not ready", checks=checks), (
        200 if ready else 503
    )


@blueprint.get("/metrics")
@access.public
def figures() -> Response:
    """For whoever brings the bearer token of the settings; without such a setting there
    is no page here.
    """
    token = services().settings.metrics_token.get_secret_value()
    if not token:
        abort(404)
    given = request.headers.get("Authorization", "")
    if not compare_digest(given.encode(), f"Bearer {token}".encode()):
        answer = Response(
            "Bring the token of LATCHKEY_METRICS_TOKEN as a bearer token.\n",
            401,
            mimetype="text/plain",
        )
        answer.headers["WWW-Authenticate"] = 'Bearer realm="latchkey"'
        return answer
    return Response(measures.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
