"""What may speak against a press: one row each, and how much it weighs.

At `SUSPICIOUS` points a press is suspicious: one strong signal is enough, or several
that alone say little. A missing proof is never enough alone, since a browser without
script is somebody's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.signups.screening.press import Door, Press, Proof

SUSPICIOUS = 100

TOKEN_PEOPLE = 3  # a couple at one laptop, and a friend


@dataclass(frozen=True)
class Signal:
    """A thing that may speak against a press, by the name it is stored under."""

    name: str
    points: int
    speaks: Callable[[Press], bool]


def _address_often(press: Press) -> bool:
    return press.address_presses >= press.usual.address_presses


def _address_everywhere(press: Press) -> bool:
    return press.address_presses_everywhere >= press.usual.address_presses_everywhere


def _network_has(press: Press, people: int) -> bool:
    return press.network_people >= people and not press.event


def _unproven_burst(press: Press) -> bool:
    is_unproven = press.proof != Proof.SOLVED
    return is_unproven and press.form_unproven >= press.usual.unproven_presses


# In the order in which they are told.
SIGNALS = (
    Signal("trap", 100, lambda press: press.trap_filled),
    Signal("blocked_spam", 100, lambda press: press.blocked == "spam"),
    Signal("blocked_not_me", 100, lambda press: press.blocked == "not_me"),
    Signal("attack", 100, lambda press: press.attack or press.form_busy),
    Signal("wrong_proof", 100, lambda press: press.proof == Proof.WRONG),
    Signal("disposable", 100, lambda press: press.disposable),
    Signal("address_often", 100, _address_often),
    Signal("address_everywhere", 100, _address_everywhere),
    Signal("crowd", 100, lambda press: _network_has(press, press.usual.crowd)),
    Signal(
        "busy_network",
        60,
        lambda press: _network_has(press, press.usual.network_people),
    ),
    Signal("too_fast", 80, lambda press: press.too_fast),
    Signal("unproven_burst", 70, _unproven_burst),
    Signal("no_proof", 30, lambda press: press.proof == Proof.MISSING),
    Signal("pasted", 0, lambda press: press.door == Door.PASTED),
)
NAMES = tuple(signal.name for signal in SIGNALS)


def speaking(press: Press) -> list[Signal]:
    """List the signals that speak against a press."""
    return [signal for signal in SIGNALS if signal.speaks(press)]


def stored(names: Sequence[str]) -> str:
    """Return names as `Signup.signals` keeps them: ",trap,no_proof,", or ""."""
    if not names:
        return ""
    return f",{','.join(names)},"


def names_in(text: str) -> list[str]:
    """Return the names in what `Signup.signals` keeps."""
    return [name for name in text.split(",") if name]
