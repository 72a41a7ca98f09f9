"""What the process says of itself: one JSON line per event, secrets blanked, every
answer under a request id.
"""

import json
import logging
import re
import sys
import time
import uuid
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog
from flask import Flask, Response, g, request

SECRET_NAMES = re.compile(
    r"token|secret|password|passwd|verifier|authorization|cookie|^code$|^key$|e?mail|state_",
    re.IGNORECASE,
)
SECRET_SHAPES = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+"  # JWT
    r"|(?<=Bearer )\S+|(?<=Basic )\S+"
    r"|(?<=[?&])(?:code|state|token|access_token|refresh_token|code_verifier|email)=[^&\s\"']+"
    r"|gAAAA[\w-]{20,}={0,2}"  # Fernet
    r"|(?<=/connect/)[\w-]{30,}|(?<=/owner/)[\w-]{30,}|(?<=/first-admin/)[\w-]{30,}"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+",
    re.IGNORECASE,
)
BLANK = "[redacted]"
LIBRARY_LEVELS = {
    "authlib": "WARNING",
    "urllib3": "WARNING",
    "alembic": "WARNING",
    "werkzeug": "WARNING",
    "flask-limiter": "WARNING",
}

log = structlog.get_logger("latchkey")
_access = logging.getLogger("latchkey")


def init(app: Flask, level: str) -> None:
    """Send our own and the libraries' records as JSON lines to standard error, and open
    the access log.
    """
    _configure(level)
    app.before_request(_begin)
    app.after_request(_access_line)


def redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank what looks like a secret or an address, by its name and by its shape."""
    for name, value in event.items():
        event[name] = _blanked(name, value)
    return event


def _blanked(name: str, value: Any) -> Any:
    if SECRET_NAMES.search(name):
        return BLANK
    if isinstance(value, str):
        return SECRET_SHAPES.sub(BLANK, value)
    if isinstance(value, dict):
        return {inner: _blanked(str(inner), held) for inner, held in value.items()}
    if isinstance(value, list | tuple):
        return [_blanked("", held) for held in value]
    return value


def _configure(level: str) -> None:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Lines(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [
        kept for kept in root.handlers if type(kept).__module__.startswith("_pytest")
    ] + [handler]
    root.setLevel(level)
    for name, quiet in LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(quiet)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _begin() -> None:
    g.request_id, g.began = uuid.uuid4().hex[:16], time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _access_line(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if request.endpoint != "static" and _access.isEnabledFor(logging.INFO):
        record = logging.LogRecord(
            "latchkey", logging.INFO, "", 0, _access_words(response), None, None
        )
        record.is_line = True
        _access.handle(record)
    return response


def _access_words(response: Response) -> str:
    """Every request writes one: nothing in it can be secret, so it spares the way that
    other events go.
    """
    return json.dumps(
        {
            "method": request.method if request.method.isalpha() else BLANK,
            "route": str(request.url_rule or "none"),
            "status": response.status_code,
            "ms": round((time.perf_counter() - g.get("began", 0)) * 1000, 1),
            "event": "request",
            "request_id": g.get("request_id", ""),
            "level": "info",
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
    )


class _Lines(structlog.stdlib.ProcessorFormatter):
    """Makes a line of an event; what is one already stays."""

    def format(self, record: logging.LogRecord) -> str:
        return (
            str(record.msg)
            if getattr(record, "is_line", False)
            else super().format(record)
        )
