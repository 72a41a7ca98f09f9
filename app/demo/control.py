"""The simulator's control API, which the demo sets its stage with, and a clock that is
set by hand.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests

from app.core.clock import Clock


class MovedClock(Clock):
    """A clock that is set; sleeping moves it on, and nobody waits."""

    shared = True

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Control:
    """The control API of the simulator at `url`, for the app with `client_id`."""

    url: str
    client_id: str

    def get(self, path: str) -> Any:
        """Return what a GET of `/_control/<path>` answers."""
        return self._read(requests.get(self._address(path), timeout=10))

    def post(self, path: str, **body: Any) -> Any:
        """Return what a POST to `/_control/<path>` answers."""
        return self._read(requests.post(self._address(path), json=body, timeout=10))

    def _address(self, path: str) -> str:
        return f"{self.url}/_control/{path}"

    def _read(self, response: requests.Response) -> Any:
        response.raise_for_status()
        return response.json()
