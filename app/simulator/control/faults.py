"""Trouble on order: a route that is slow, answers an error, or drops the connection."""

import json
import threading
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal


@dataclass
class Fault:
    """What goes wrong on `route`; with `when="after"` the call takes effect first."""

    route: str
    status: int | None = None
    reset: bool = False
    latency_ms: float = 0
    times: int | None = None
    when: Literal["before", "after"] = "before"
    method: str | None = None
    skip: int = 0
    """Matching calls that pass before it strikes."""
    body: Any = None
    content_type: str | None = None

    def __post_init__(self) -> None:
        if not (self.status or self.reset or self.latency_ms or self.body is not None):
            raise ValueError("a fault needs status, reset, latency_ms or body")
        if self.when not in ("before", "after") or not isinstance(
            self.status or 0, int
        ):
            raise ValueError("when is before or after, status is a number")

    def matches(self, method: str, path: str) -> bool:
        if self.method and self.method.upper() != method:
            return False
        starts_or_ends = path.startswith(self.route) or path.endswith(self.route)
        return starts_or_ends or fnmatchcase(path, self.route)


class Faults:
    """The faults in force, oldest first; the first that matches strikes."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def remove(self, fault: Fault) -> None:
        """ValueError when it is not in force."""
        with self._lock:
            self._faults.remove(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def all(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request, counted; None when all is well."""
        if not self._faults:
            return None
        with self._lock:
            return next(
                (
                    fault
                    for fault in list(self._faults)
                    if self._hits(fault, method, path)
                ),
                None,
            )

    def _hits(self, fault: Fault, method: str, path: str) -> bool:
        if not fault.matches(method, path):
            return False
        if fault.skip:
            fault.skip -= 1
            return False
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
        return True


def played(fault: Fault, path: str) -> tuple[int, str, bytes]:
    """Return status, content type and body of the answer that a fault gives."""
    status = fault.status or 500
    body = usual_body(status, path) if fault.body is None else fault.body
    if isinstance(body, str):
        return status, fault.content_type or "text/html", body.encode()
    return status, fault.content_type or "application/json", json.dumps(body).encode()


def usual_body(status: int, path: str) -> Any:
    """Return the body that comes with a status (contract 1.3, 4.4).

    It is HTML where the gateway in front speaks.
    """
    bodies = OAUTH_BODIES if path.startswith("/oauth2/") else API_BODIES
    return bodies.get(status, HTML.format(status=status))


def _item(key: str, message: str) -> dict[str, str]:
    return {"error_key": key, "error_message": message}


HTML = (
    "<html><head><title>{status}</title></head><body><center><h1>{status}"
    " ERROR</h1></center><hr><center>CloudFront</center></body></html>"
)
THROTTLED = _item("throttled", "Too Many Requests")
API_BODIES: dict[int, Any] = {
    400: [_item("contacts.api.validation.error", "Email address is invalid")],
    401: _item("unauthorized", "Unauthorized"),
    403: _item(
        "access_denied", "Request forbidden due to insufficient user privileges."
    ),
    404: [_item("contacts.api.not_found", "Resource not found.")],
    409: [
        _item(
            "contacts.api.conflict", "The contact is being changed by another request."
        )
    ],
    415: [
        _item(
            "contacts.api.unsupported_media_type",
            "The provided content-type is not supported",
        )
    ],
    429: THROTTLED,
    500: [_item("contacts.api.internal_error", "Internal Server Error")],
    503: [_item("contacts.api.unavailable", "Service Unavailable")],
}
OAUTH_BODIES: dict[int, Any] = {
    400: {
        "error": "invalid_grant",
        "error_description": "The refresh token is invalid or expired.",
    },
    401: {
        "error": "invalid_client",
        "error_description": (
            "The client secret supplied for a confidential client is invalid."
        ),
    },
    429: THROTTLED,
    500: {
        "error": "server_error",
        "error_description": "The authorization server encountered an error.",
    },
    503: {
        "error": "temporarily_unavailable",
        "error_description": "Please try again later.",
    },
}
