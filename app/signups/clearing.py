"""What a sign-up leaves empty on purpose: the names under `exactly` in its body (see
`Signup.body`).
"""

from collections.abc import Callable
from typing import Any

CUSTOM = "custom_fields/"


def cleared(body: dict[str, Any]) -> list[str]:
    """Name what is to be empty in the contact."""
    return list(body.get("exactly", {}).get("clear", ()))


def cleared_fields(body: dict[str, Any]) -> list[str]:
    """List the ids of the custom fields among it."""
    return [
        name.removeprefix(CUSTOM) for name in cleared(body) if name.startswith(CUSTOM)
    ]


def with_fields(
    body: dict[str, Any], named: Callable[[str], str | None]
) -> dict[str, Any]:
    """Return the body with each cleared custom field under the id that `named` gives
    it, or without the field.
    """
    if not cleared(body):
        return body
    clear = []
    for name in cleared(body):
        if not name.startswith(CUSTOM):
            clear.append(name)
        elif id := named(name.removeprefix(CUSTOM)):
            clear.append(f"{CUSTOM}{id}")
    return {**body, "exactly": {**body["exactly"], "clear": clear}}
