"""Bad days begun and taken back, and what of them is on."""

from app.simulator.board.bad_days import BY_NAME, BadDay
from app.simulator.settings import CHANGEABLE
from app.simulator.simulator import Simulator


def play(here: Simulator, name: str, choice: str = "") -> None:
    """Begin a bad day, unless it is in force.

    Raises `ValueError` for a day or a choice that does not exist.
    """
    if name not in BY_NAME:
        raise ValueError(f"There is no bad day {name}.")
    act = BY_NAME[name].act
    if choice in act.on(here) and not act.again:
        return
    chosen = choice.partition(" ")[0] if act.typed else choice
    if chosen not in (act.choices(here) or [""]):
        raise ValueError(f"{name} cannot be played on {choice or 'nothing'}.")
    act.do(here, choice)


def take_back(here: Simulator, name: str, choice: str = "") -> None:
    """End a bad day; nothing happens when it is not in force."""
    act = BY_NAME[name].act
    if act.undo and choice in act.on(here):
        act.undo(here, choice)


def all_well(here: Simulator) -> None:
    """Take back everything that can be, whoever began it.

    Contacts, grants and what was received stay.
    """
    for day, choice in in_force(here):
        take_back(here, day.name, choice)
    here.faults.clear()
    here.settings = here.started_with


def in_force(here: Simulator) -> list[tuple[BadDay, str]]:
    """Return what is on, with what it is played on."""
    return [(day, choice) for day in BY_NAME.values() for choice in day.act.on(here)]


def beyond(here: Simulator) -> list[str]:
    """Return the faults and settings in force that no bad day stands for."""
    covered = [day.act.covers for day in BY_NAME.values()]
    lines = []
    for fault in here.faults.all():
        if fault not in covered:
            lines.append(f"A fault on {fault['route']}")
    for name in CHANGEABLE:
        value = getattr(here.settings, name)
        was_changed = value != getattr(here.started_with, name)
        if was_changed and (name, value) not in covered:
            lines.append(f"{name} is {'unlimited' if value is None else value}")
    return lines
