"""Answers of the provider with one thing odd: each property null, absent, of another
type, an unknown word, one level deeper.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import pytest

from tests.world import World

Path = tuple[str | int, ...]
Mutation = tuple[str, Path, Callable[[Any], Any]]  # its name, where, how to make it
ABSENT = object()
STRANGE = "a-word-nobody-knows"


def odd(value: Any) -> dict[str, Any]:
    """What may stand in the place of a value, by what is odd about it."""
    others: dict[str, Any] = {
        "null": None,
        "absent": ABSENT,
        "deeper": {"value": value},
        "in a list": [value],
    }
    if isinstance(value, str):
        return others | {"unknown": STRANGE, "a number": 7}
    return others | {"a text": STRANGE}


def paths(body: Any, here: Path = ()) -> Iterator[Path]:
    """Where something stands in an answer; of a list only the first two items."""
    if here:
        yield here
    if isinstance(body, dict):
        for name, value in body.items():
            yield from paths(value, (*here, name))
    elif isinstance(body, list):
        for position, value in enumerate(body[:2]):
            yield from paths(value, (*here, position))


def mutations(body: Any) -> Iterator[Mutation]:
    """Each odd thing in such an answer."""
    yield "deeper", (), lambda answer: {"value": answer}
    for path in paths(body):
        for name in odd(value_at(body, path)):
            if name == "absent" and isinstance(path[-1], int):
                continue  # a shorter list is not odd
            yield f"{'.'.join(map(str, path))} {name}", path, _made(path, name)


def one_of_each(odd_things: Iterable[Mutation]) -> list[Mutation]:
    """Draw one odd thing of each place, in turn, and one more of each kind that is left."""
    by_place: dict[Path, list[Mutation]] = {}
    for mutation in odd_things:
        by_place.setdefault(mutation[1], []).append(mutation)
    drawn = [ways[turn % len(ways)] for turn, ways in enumerate(by_place.values())]
    kinds = {_kind(mutation) for mutation in drawn}
    for ways in by_place.values():
        for mutation in ways:
            if _kind(mutation) not in kinds:
                kinds.add(_kind(mutation))
                drawn.append(mutation)
    return drawn


def _kind(mutation: Mutation) -> str:
    return mutation[0].partition(" ")[2]


# `make test` draws, `make test-long` takes all.
DRAWN = pytest.mark.parametrize(
    "draw",
    [
        pytest.param(one_of_each, id="drawn"),
        pytest.param(list, id="all", marks=pytest.mark.long),
    ],
)
Draw = Callable[[Iterable[Mutation]], list[Mutation]]


def _made(path: Path, name: str) -> Callable[[Any], Any]:
    def make(answer: Any) -> Any:
        changed = deepcopy(answer)
        try:
            holder = value_at(changed, path[:-1])
            value = odd(holder[path[-1]]).get(name, STRANGE)
        except (KeyError, IndexError, TypeError):
            return changed  # another answer of this route, without this property
        if value is not ABSENT:
            holder[path[-1]] = value
        else:
            del holder[path[-1]]
        return changed

    return make


def value_at(body: Any, path: Path) -> Any:
    for step in path:
        body = body[step]
    return body


@contextmanager
def answering(
    world: World, method: str, end: str, change: Callable[[Any], Any]
) -> Iterator[list[Any]]:
    """Change good answers to calls of a path that ends so; yields the true ones."""
    provider: Any = world.simulator.app
    inner, true_answers = provider.wsgi_app, []

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        is_meant = environ["REQUEST_METHOD"] == method
        if not is_meant or not environ["PATH_INFO"].endswith(end):
            return inner(environ, start_response)
        heads: list[tuple[str, list[tuple[str, str]]]] = []
        body = b"".join(inner(environ, lambda *head: heads.append(head[:2])))
        status, headers = heads[-1]
        if status.startswith("2"):
            true_answers.append(json.loads(body))
            body = json.dumps(change(true_answers[-1])).encode()
        kept = [each for each in headers if each[0].lower() != "content-length"]
        start_response(status, [*kept, ("Content-Length", str(len(body)))])
        return [body]

    provider.wsgi_app = answer
    try:
        yield true_answers
    finally:
        provider.wsgi_app = inner
