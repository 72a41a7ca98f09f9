"""Reading query parameters, with the provider's complaint when one makes no sense."""

import re
from collections.abc import Collection, Mapping

from flask import request

from app.simulator.clock import epoch
from app.simulator.errors import invalid

MAX_XREFS = 500
Arguments = Mapping[str, str]
NUMBER = re.compile("[0-9]{1,6}")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NUMBER_ID = re.compile(r"[0-9]{1,9}")


def several(sent: Arguments, name: str, allowed: Collection[str]) -> list[str]:
    """Values separated by commas, each one of `allowed`."""
    values = [value for value in sent.get(name, "").split(",") if value]
    if set(values) - set(allowed):
        raise bad_value(name)
    return values


def one_of(sent: Arguments, name: str, allowed: Collection[str]) -> str | None:
    value = sent.get(name)
    if value is not None and value not in allowed:
        raise bad_value(name)
    return value


def yes(sent: Arguments, name: str) -> bool:
    """A flag; clients also send 1 and 0."""
    return one_of(sent, name, ("true", "false", "1", "0")) in ("true", "1")


def whole(sent: Arguments, name: str, default: int, most: int) -> int:
    """A number from 1 to `most`."""
    text = sent.get(name, str(default))
    if not NUMBER.fullmatch(text) or not 1 <= int(text) <= most:
        raise bad_value(name)
    return int(text)


def ids(sent: Arguments, name: str, most: int) -> list[str]:
    """Ids separated by commas."""
    values = [value.lower() for value in sent.get(name, "").split(",") if value]
    if len(values) > most or not all(UUID.fullmatch(value) for value in values):
        raise bad_value(name)
    return values


def xrefs(ids: list[str], name: str) -> list[dict[str, str]]:
    """Ids by the numbers of `sequence_ids`: the first of an account is 1.

    A number that nothing has is left out.
    """
    numbers = request.args.get("sequence_ids", "").split(",")
    if not all(NUMBER_ID.fullmatch(number) for number in numbers):
        raise bad_value("sequence_ids")
    if len(numbers) > MAX_XREFS:
        raise bad_value("sequence_ids")
    return [
        {"sequence_id": number, name: ids[int(number) - 1]}
        for number in numbers
        if 0 < int(number) <= len(ids)
    ]


def moment(sent: Arguments, name: str) -> float | None:
    """An ISO 8601 time as epoch seconds."""
    if name not in sent:
        return None
    try:
        return epoch(sent[name])
    except (ValueError, OverflowError) as problem:
        raise bad_value(name) from problem


def bad_value(name: str) -> Exception:
    return invalid(f"{name} does not have a valid value")
