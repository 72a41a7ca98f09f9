"""What was asked: by whom, when, where, and the answer; never bodies, never tokens."""

from collections import deque
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.simulator.settings import REQUESTS_KEPT

SECRETS = {
    "access_token",
    "client_secret",
    "code",
    "code_challenge",
    "code_verifier",
    "device_code",
    "id_token",
    "refresh_token",
    "state",
    "token",
    "user_code",
}


class Received:
    """The last requests, oldest first, and how many there ever were."""

    def __init__(self) -> None:
        self.requests: deque[dict[str, Any]] = deque(maxlen=REQUESTS_KEPT)
        self.total = 0

    def add(self, request: dict[str, Any]) -> None:
        self.requests.append({**request, "query": without_secrets(request["query"])})
        self.total += 1

    def like(self, path: str | None) -> list[dict[str, Any]]:
        """All requests, or those whose path ends with `path`."""
        return [
            request
            for request in list(self.requests)
            if not path or request["path"].endswith(path)
        ]

    def latest(self, count: int) -> list[dict[str, Any]]:
        """The newest first."""
        return list(self.requests)[: -count - 1 : -1]


def without_secrets(query: str) -> str:
    """The query string with the values of secret parameters left out."""
    if not query:
        return ""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode(
        [(name, "-" if name in SECRETS else value) for name, value in pairs]
    )
