"""Ids that are the same in every run."""

import uuid
from functools import cache

HERE = uuid.UUID("5e1a7c0f-4e01-4c1a-8a5e-0c0ffee0beef")


@cache
def stable_id(*parts: str) -> str:
    """A UUID made from names."""
    return str(uuid.uuid5(HERE, "/".join(parts)))
