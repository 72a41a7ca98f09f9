"""Reading the JSON object a request was sent with."""

import json
from typing import Any

from flask import request

from app.simulator.errors import invalid, unsupported

MALFORMED = "Problem: message body does not match declared format"


def json_object(declares_415: bool = True) -> dict[str, Any]:
    """The body.

    Another content type is 415, or malformed where the description of the route has no
    415.
    """
    if request.mimetype != "application/json":
        raise unsupported(request.mimetype) if declares_415 else invalid(MALFORMED)
    try:
        body = json.loads(request.get_data(), parse_constant=_no_number)
        # Half a surrogate pair can be written in JSON but not in UTF-8.
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as problem:
        raise invalid(MALFORMED) from problem
    if not isinstance(body, dict):
        raise invalid(MALFORMED)
    return body


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
