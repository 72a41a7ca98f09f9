"""What may speak against a press: one row each, and how much it weighs.

At `SUSPICIOUS` points a press is suspicious: one strong signal is enough, or several
that alone say little. A missing proof is never enough alone, since a browser without
script is somebody's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.signups.screening.press import Door, Press, Proof

SUSPICIOUS = 100

# How many are usual, before a signal speaks.
TOKEN_PEOPLE = 3  # one token admits a couple at one laptop, and a friend
NETWORK_PEOPLE = 30  # an hour: a small office
CROWD = 90  # an hour: more than an office, unless an event was announced
ADDRESS_PRESSES = 3  # a day at one form
ADDRESS_PRESSES_EVERYWHERE = 10  # a day at all forms
UNPROVEN = 8  # in ten minutes at one form


@dataclass(frozen=True)
class Signal:
    """A thing that may speak against a press, by the name it is stored under."""

    name: str
    points: int
    speaks: Callable[[Press], bool]


# In the order in which they are told.
SIGNALS = (
    Signal("trap", 100, lambda press: press.trap_filled),
    Signal("blocked_spam", 100, lambda press: press.blocked == "spam"),
    Signal("blocked_not_me", 100, lambda press: press.blocked == "not_me"),
    Signal("attack", 100, lambda press: press.attack or press.form_busy),
    Signal("wrong_proof", 100, lambda press: press.proof == Proof.WRONG),
    Signal("disposable", 100, lambda press: press.disposable),
    Signal(
        "address_often", 100, lambda press: press.address_presses >= ADDRESS_PRESSES
    ),
    Signal(
        "address_everywhere",
        100,
        lambda press: press.address_presses_everywhere >= ADDRESS_PRESSES_EVERYWHERE,
    ),
    Signal(
        "crowd", 100, lambda press: press.network_people >= CROWD and not press.event
    ),
    Signal(
        "busy_network",
        60,
        lambda press: press.network_people >= NETWORK_PEOPLE and not press.event,
    ),
    Signal("too_fast", 80, lambda press: press.too_fast),
    Signal(
        "unproven_burst",
        70,
        lambda press: press.proof != Proof.SOLVED and press.form_unproven >= UNPROVEN,
    ),
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
