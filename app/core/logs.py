"""Logs: one line for each event on standard error, secrets blanked, every answer under a
request id.

Lines are JSON, and short and readable in a terminal.
"""

import logging
import re
import sys
import time
import uuid
from collections.abc import MutableMapping
from typing import Any

import structlog
from flask import Flask, Response, g, request

SECRET_NAMES = re.compile(
    r"token|secret|password|passwd|verifier|authorization|cookie|^code$|^key$|e?mail|state_",
    re.IGNORECASE,
)
# No part may be looked for again from each of many places where it could begin: that
# is why the first part of a JWT has an end, and an address begins where its word does.
SECRET_SHAPES = re.compile(
    r"eyJ[\w-]{8,500}\.[\w-]{8,}\.[\w-]+"  # JWT
    r"|(?<=Bearer )\S+|(?<=Basic )\S+"
    r"|(?<=[?&])(?:code|state|token|access_token|refresh_token|code_verifier|email)=[^&\s\"']+"
    r"|gAAAA[\w-]{20,}={0,2}"  # Fernet
    r"|(?<=/connect/)[\w-]{30,}|(?<=/owner/)[\w-]{30,}|(?<=/first-admin/)[\w-]{30,}"
    r"|(?<=/confirm/)[\w-]{30,}"
    r"|(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+",
    re.IGNORECASE,
)
BLANK = "[redacted]"
LIBRARY_LEVELS = {
    "authlib": "WARNING",
    "urllib3": "ERROR",  # it warns of each repeat; we log what came of them
    "alembic": "WARNING",
    "werkzeug": "WARNING",
    "flask-limiter": "WARNING",
}
Event = MutableMapping[str, Any]

log = structlog.get_logger("latchkey")


def init(app: Flask, level: str, log_format: str = "auto") -> None:
    """Send our own and the libraries' events to standard error, and log each request.

    `log_format` is "json", "console" (short and readable), or "auto": console in a
    terminal, JSON elsewhere.
    """
    _configure(level, log_format)
    app.before_request(_begin_request)
    app.after_request(_log_request)


def redact(_logger: object, _method: str, event: Event) -> Event:
    """Blank what looks like a secret or an address, by its name and by its shape."""
    for name, value in event.items():
        event[name] = _redacted(name, value)
    return event


def _redacted(name: str, value: Any) -> Any:
    if SECRET_NAMES.search(name):
        return BLANK
    if isinstance(value, str):
        return SECRET_SHAPES.sub(BLANK, value)
    if isinstance(value, dict):
        return {inner: _redacted(str(inner), each) for inner, each in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted("", each) for each in value]
    return value


def _configure(level: str, log_format: str) -> None:
    in_terminal = sys.stderr.isatty()
    if log_format == "console" or (log_format == "auto" and in_terminal):
        timestamps = structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)
        renderers = [_shorten, _console_renderer(colors=in_terminal)]
    else:
        timestamps = structlog.processors.TimeStamper(fmt="iso", utc=True)
        renderers = [structlog.processors.JSONRenderer()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        timestamps,
        structlog.processors.format_exc_info,
        redact,
    ]
    _configure_standard_library(level, shared, renderers)
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


def _configure_standard_library(
    level: str, shared: list[Any], renderers: list[Any]
) -> None:
    """Let what is logged without structlog, as libraries do, take the same way."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *renderers,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [each for each in root.handlers if _is_of_pytest(each)]
    root.addHandler(handler)
    root.setLevel(level)
    for name, library_level in LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(library_level)


def _is_of_pytest(handler: logging.Handler) -> bool:
    return type(handler).__module__.startswith("_pytest")


def _console_renderer(colors: bool) -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=colors,
        pad_event_to=0,
        pad_level=False,
        sort_keys=False,
        # already formatted and redacted
        exception_formatter=structlog.dev.plain_traceback,
    )


def _shorten(_logger: object, _method: str, event: Event) -> Event:
    """Make a request's event one sentence; its id matters only beside an error's."""
    if event.get("event") == "request":
        method, route, status = (
            event.pop(name) for name in ("method", "route", "status")
        )
        event["event"] = f"{method} {route} {status}"
        event.pop("request_id", None)
    return event


def _begin_request() -> None:
    g.request_id, g.began = uuid.uuid4().hex[:16], time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _log_request(response: Response) -> Response:
    """Log the route's name, never the address or its query."""
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if request.endpoint != "static":
        seconds = time.perf_counter() - g.get("began", 0)
        log.info(
            "request",
            method=request.method if request.method.isalpha() else BLANK,
            route=str(request.url_rule or "none"),
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
    return response
