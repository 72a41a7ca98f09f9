"""What a sign-up leaves empty on purpose: the names under `exactly` in its body (see
`Signup.body`).
"""

from collections.abc import Callable
from typing import Any

CUSTOM = "custom_fields/"


def cleared(body: dict[str, Any]) -> list[str]:
    """Names of what is to be empty in the contact."""
    return list(body.get("exactly", {}).get("clear", ()))


def cleared_fields(body: dict[str, Any]) -> list[str]:
    """The ids of custom fields among it."""
    return [
        name.removeprefix(CUSTOM) for name in cleared(body) if name.startswith(CUSTOM)
    ]


def with_fields(
    body: dict[str, Any], named: Callable[[str], str | None]
) -> dict[str, Any]:
    """The body with each cleared custom field under the id that `named` gives it, or
    without it.
    """
    if not cleared(body):
        return body
    fields = {f"{CUSTOM}{id}": named(id) for id in cleared_fields(body)}
    kept = [
        f"{CUSTOM}{fields[name]}" if name in fields else name
        for name in cleared(body)
        if name not in fields or fields[name]
    ]
    return {**body, "exactly": {**body["exactly"], "clear": kept}}
