"""What is done with a press: a table, without a database."""

from dataclasses import replace

import pytest

from app import messages
from app.signups.screening import signals
from app.signups.screening.press import Door, Press, Proof, Usual
from app.signups.screening.verdict import NEVER_ASKED, Action, decide

USUAL = Usual(network_people=30, address_presses=3, form_presses=60, unproven_presses=8)
# A browser with script, in quiet times; and one without, which is somebody's too.
QUIET = Press(door=Door.HOSTED, proof=Proof.SOLVED, usual=USUAL)
BARE = replace(QUIET, proof=Proof.MISSING)
PASTED = replace(BARE, door=Door.PASTED)

# (what is known, the signals that speak, is it suspicious?)
TABLE = {
    "nothing": (QUIET, [], False),
    "no script": (BARE, ["no_proof"], False),
    "pasted HTML": (PASTED, ["no_proof", "pasted"], False),
    "in a frame": (replace(QUIET, door=Door.FRAMED), [], False),
    "the trap": (replace(QUIET, trap_filled=True), ["trap"], True),
    "autofill in a second": (replace(QUIET, too_fast=True), ["too_fast"], False),
    "a second, without script": (
        replace(BARE, too_fast=True),
        ["too_fast", "no_proof"],
        True,
    ),
    "a made-up proof": (
        replace(QUIET, proof=Proof.WRONG),
        ["wrong_proof"],
        True,
    ),
    "a throw-away address": (replace(QUIET, disposable=True), ["disposable"], True),
    "spam before": (replace(QUIET, blocked="spam"), ["blocked_spam"], True),
    "not me before": (replace(QUIET, blocked="not_me"), ["blocked_not_me"], True),
    "an office": (replace(QUIET, network_people=29), [], False),
    "a larger office": (
        replace(QUIET, network_people=30),
        ["busy_network"],
        False,
    ),
    "a larger office without script": (
        replace(BARE, network_people=89),
        ["busy_network", "no_proof"],
        False,
    ),
    "a crowd": (
        replace(QUIET, network_people=90),
        ["crowd", "busy_network"],
        True,
    ),
    "a crowd that is expected": (
        replace(QUIET, network_people=5000, event=True),
        [],
        False,
    ),
    "the address again": (replace(QUIET, address_presses=2), [], False),
    "the address once too often": (
        replace(QUIET, address_presses=3),
        ["address_often"],
        True,
    ),
    "the address everywhere": (
        replace(QUIET, address_presses_everywhere=9),
        ["address_everywhere"],
        True,
    ),
    "many without script": (
        replace(PASTED, form_unproven=8),
        ["unproven_burst", "no_proof", "pasted"],
        True,
    ),
    "many without script, and this one with": (
        replace(QUIET, form_unproven=8),
        [],
        False,
    ),
    "one too many": (replace(QUIET, form_busy=True), ["attack"], True),
    "under attack": (replace(QUIET, attack=True), ["attack"], True),
}


@pytest.mark.parametrize(("press", "speaking", "suspicious"), TABLE.values(), ids=TABLE)
def test_what_is_known_makes_a_press_suspicious_or_not(
    press: Press, speaking: list[str], suspicious: bool
) -> None:
    verdict = decide(press, "suspicious", can_mail=True)

    assert list(verdict.signals) == speaking
    assert (verdict.action != Action.ACCEPT) is suspicious


@pytest.mark.parametrize(
    ("confirmation", "can_mail", "action", "reason"),
    [
        ("off", True, Action.HOLD, "suspicious"),
        ("suspicious", True, Action.CONFIRM, "suspicious"),
        ("suspicious", False, Action.HOLD, "suspicious"),
        ("on", True, Action.CONFIRM, "suspicious"),
    ],
)
def test_what_is_suspicious_is_asked_where_it_can_be_and_else_held(
    confirmation: str, can_mail: bool, action: Action, reason: str
) -> None:
    verdict = decide(replace(QUIET, disposable=True), confirmation, can_mail)

    assert (verdict.action, verdict.reason) == (action, reason)


@pytest.mark.parametrize(
    ("confirmation", "can_mail", "action", "reason"),
    [
        ("off", True, Action.ACCEPT, None),
        ("suspicious", True, Action.ACCEPT, None),
        ("on", True, Action.CONFIRM, "form_asks"),
        ("on", False, Action.HOLD, "no_mail"),
    ],
)
def test_what_is_not_suspicious_is_asked_only_where_the_form_asks_everybody(
    confirmation: str, can_mail: bool, action: Action, reason: str | None
) -> None:
    verdict = decide(QUIET, confirmation, can_mail)

    assert (verdict.action, verdict.reason) == (action, reason)


@pytest.mark.parametrize("name", NEVER_ASKED)
def test_some_are_never_sent_a_mail(name: str) -> None:
    presses = [press for press, speaking, _ in TABLE.values() if name in speaking]

    verdicts = [decide(press, "on", can_mail=True) for press in presses]

    assert {verdict.action for verdict in verdicts} == {Action.HOLD}
    assert all(verdict.reason in messages.REASONS for verdict in verdicts)


@pytest.mark.parametrize("used", [{"token_people": 3}, {"token_elsewhere": True}])
def test_a_token_that_is_used_up_brings_the_page_back(used: dict[str, object]) -> None:
    assert decide(replace(QUIET, **used), "on", True).action == Action.AGAIN
    assert decide(replace(QUIET, token_people=2), "off", True).action == Action.ACCEPT


def test_every_signal_has_its_row_and_its_words() -> None:
    rows = {name for _, speaking, _ in TABLE.values() for name in speaking}

    assert rows == set(signals.NAMES)
    assert set(messages.SIGNALS) == set(messages.SIGNALS_IN_SHORT) == rows


def test_no_script_alone_is_never_suspicious_whatever_else_is_known() -> None:
    """A browser without script is at most as suspicious as what else speaks against it
    and it together, and there are at least two such things.
    """
    weights = {signal.name: signal.points for signal in signals.SIGNALS}

    assert weights["no_proof"] + weights["pasted"] < signals.SUSPICIOUS


def test_names_are_stored_and_read_back() -> None:
    longest = signals.stored(signals.NAMES)

    assert signals.names_in(longest) == list(signals.NAMES)
    assert len(longest) <= 250  # the column
    assert signals.stored([]) == ""
