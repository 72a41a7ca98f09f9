"""How a bad day is begun, recognised and taken back, by the verbs of the control API.

What is in force is read off the simulator itself, compared with its seed and its first
settings, so that it also shows what was done by other ways than the board. A choice is
a text that names what the day is played on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.simulator.api.complaints import ADDRESS
from app.simulator.control import changes
from app.simulator.control.faults import Fault
from app.simulator.models import Resource
from app.simulator.seed import seeded
from app.simulator.settings import SimulatorSettings
from app.simulator.simulator import Simulator
from app.simulator.state import State

EVERYTHING = "all"
Choices = dict[str, str]
"""What a day may be played on, each with its label for people."""


@dataclass(frozen=True)
class Act:
    """How a bad day is begun, recognised and ended.

    `on` gives the choices that it is in force for, "" where there is nothing to choose.
    Without `undo` it just happens. `typed` is the label of something to type, which
    follows the choice after a blank; `covers` is what it stands for: a fault, as facts,
    or a setting and its value.
    """

    do: Callable[[Simulator, str], object]
    undo: Callable[[Simulator, str], object] | None = None
    on: Callable[[Simulator], list[str]] = lambda _: []
    choices: Callable[[Simulator], Choices] = lambda _: {}
    typed: str = ""
    again: bool = False
    """Whether it may be done again while it is in force."""
    covers: object = None


@cache
def well() -> State:
    """The world before anything happened to it."""
    return seeded(SimulatorSettings(), 0.0)


def fault(route: str, **facts: Any) -> Act:
    """A fault on order."""
    ordered = Fault(route, **facts)
    return Act(
        do=lambda here, _: here.faults.add(Fault(route, **facts)),
        undo=lambda here, _: here.faults.remove(ordered),
        on=lambda here: [""] if vars(ordered) in here.faults.all() else [],
        covers=vars(ordered),
    )


def limit(name: str, value: Any) -> Act:
    """Another setting than it was started with."""
    return Act(
        do=lambda here, _: here.change(**{name: value}),
        undo=lambda here, _: here.change(**{name: getattr(here.started_with, name)}),
        on=lambda here: (
            [""]
            if value == getattr(here.settings, name) != getattr(here.started_with, name)
            else []
        ),
        covers=(name, value),
    )


def switch(
    kind: str,
    name: str,
    bad: Any,
    verb: Callable[..., object],
    label: Callable[[Any], str],
) -> Act:
    """Change an attribute of an account, a login or an app.

    Only of those that were there at the start and have it.
    """

    def differing(here: Simulator) -> list[str]:
        first = getattr(well(), kind)
        things = getattr(here.state, kind).items()
        return [
            key
            for key, thing in things
            if key in first and getattr(thing, name) != getattr(first[key], name)
        ]

    def offered(here: Simulator) -> Choices:
        things = getattr(here.state, kind).items()
        return {
            key: label(thing)
            for key, thing in things
            if getattr(thing, name) not in (bad, None)
        }

    return Act(
        do=lambda here, choice: verb(here, choice, **{name: bad}),
        undo=lambda here, choice: verb(
            here, choice, **{name: getattr(getattr(well(), kind)[choice], name)}
        ),
        on=differing,
        choices=offered,
    )


def deletion(kind: str, label: str, verb: Callable[..., object]) -> Act:
    """Delete a list or custom field; a choice is the account's id and its own."""

    def held(here: Simulator, deleted: bool) -> Choices:
        return {key: words for key, words, gone in everything(here) if gone == deleted}

    def everything(here: Simulator) -> Iterator[tuple[str, str, bool]]:
        for account in here.state.accounts.values():
            first: dict[str, Resource] = getattr(
                well().accounts.get(account.id), kind, {}
            )
            for key, item in getattr(account, kind).items():
                if "deleted_at" not in first.get(key, {}):
                    yield (
                        f"{account.id} {key}",
                        f"{account.name}: {item[label]}",
                        "deleted_at" in item,
                    )

    return Act(
        do=lambda here, choice: verb(here, *choice.split(), deleted=True),
        undo=lambda here, choice: verb(here, *choice.split(), deleted=False),
        on=lambda here: list(held(here, True)),
        choices=lambda here: held(here, False),
    )


def revocation() -> Act:
    """The grants of one account or of all."""

    def revoke(here: Simulator, choice: str) -> None:
        for account in here.state.accounts if choice == EVERYTHING else [choice]:
            changes.revoke(here, account)

    return Act(
        do=revoke, choices=lambda here: {EVERYTHING: "All accounts"} | _accounts(here)
    )


def leaving() -> Act:
    """Somebody's own wish; a choice is the account's id and the address."""

    def leave(here: Simulator, choice: str) -> None:
        account, _, address = choice.partition(" ")
        if not ADDRESS.fullmatch(address):
            raise ValueError("That isn't an email address.")
        changes.contact(here, account, address, "unsubscribed")

    return Act(do=leave, choices=_accounts, typed="Email address")


def _accounts(here: Simulator) -> Choices:
    return {account.id: account.name for account in here.state.accounts.values()}


def later(seconds: float) -> Act:
    """A jump of the clock; back to real time, where the clock can."""
    return Act(
        do=lambda here, _: here.clock.advance(seconds),
        undo=lambda here, _: here.clock.advance(-offset(here)),
        on=lambda here: [""] if offset(here) else [],
        again=True,
    )


def offset(here: Simulator) -> float:
    """How many seconds the clock was advanced."""
    return float(getattr(here.clock, "offset", 0.0))
