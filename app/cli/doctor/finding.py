"""What a check found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`well` is None for what could not be found out, or is worth knowing; `do` says
    what to do about it.
    """

    what: str
    well: bool | None
    words: str
    do: str = ""


def count_of(number: int, one: str, many: str = "") -> str:
    """Return the number with its noun, or whatever goes on from it."""
    if number == 1:
        return f"{number:,} {one}"
    return f"{number:,} {many or f'{one}s'}"
