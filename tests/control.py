"""The simulator's control, asked within the process: it is no part of what is tested.

Its own tests ask it over HTTP.
"""

from contextvars import Context
from typing import Any

from werkzeug.test import Client

from app.simulator.server import Running


def ask(simulator: Running, path: str, method: str, body: dict[str, Any]) -> Any:
    """Return what the control answers; AssertionError when it refuses."""
    client = Client(simulator.app, use_cookies=False)
    # in a context of its own, as behind a server
    answer = Context().run(
        client.open,
        f"/_control/{path}",
        base_url=simulator.url,
        method=method,
        json=body or None,
    )
    assert answer.status_code == 200, answer.text
    return answer.get_json()
