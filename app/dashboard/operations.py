"""For the machines that watch: alive, and ready."""

from flask import current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from app import gate, schema
from app.dashboard import queries
from app.dashboard.blueprint import blueprint


@blueprint.get("/healthz")
@gate.public
def healthz() -> ResponseReturnValue:
    """The process answers. The database is not asked."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
@gate.public
def readyz() -> ResponseReturnValue:
    """Database, schema, a worker's sign of life and the key; 503 when one is missing."""
    try:
        checks = {"schema": schema.current() == schema.head(), "worker": queries.worker_alive(),
                  "key": not gate.is_locked(current_app)}
    except SQLAlchemyError:
        checks = {"database": False}
    ready = all(checks.values())
    return jsonify(status="ready" if ready else "not ready", checks=checks), 200 if ready else 503
