"""Prepare the bar that shows where sign-ups are, state by state."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import LazyString

from app import messages
from app.signups.models import SignupState
from app.status.waiting import Waiting

ORDER = (
    SignupState.DELIVERED,
    SignupState.WAITING,
    SignupState.CONFIRMING,
    SignupState.HELD,
    SignupState.PARKED,
    SignupState.CLOSED,
)
# of one form or account these are shown only where there are any
RARE = (SignupState.CONFIRMING, SignupState.CLOSED)


@dataclass(frozen=True)
class Part:
    """One state's part of the bar, and in its legend a link."""

    key: str
    label: LazyString
    value: int
    href: str


def parts_of_all(states: dict[str, int]) -> list[Part]:
    """Prepare the bar of all sign-ups; each part leads to its list."""
    return [
        Part(
            state,
            messages.STATES[state],
            states.get(state, 0),
            url_for("dashboard.signups", state=state),
        )
        for state in ORDER
    ]


def parts_of_form(states: dict[str, int], form_id: str) -> list[Part]:
    """Prepare the bar of a form's sign-ups; each part leads to its list."""
    return [
        Part(
            state,
            messages.STATES[state],
            states.get(state, 0),
            url_for("dashboard.signups", form=form_id, state=state),
        )
        for state in _shown(states)
    ]


def parts_of_account(states: dict[str, int], account_id: str) -> list[Part]:
    """Prepare the bar of an account's sign-ups; each part leads to its list."""
    return [
        Part(
            state,
            messages.STATES[state],
            states.get(state, 0),
            url_for("dashboard.signups", account=account_id, state=state),
        )
        for state in _shown(states)
    ]


def _shown(states: dict[str, int]) -> list[SignupState]:
    return [state for state in ORDER if state not in RARE or states.get(state)]


def causes_of(waiting: Waiting, **filters: str) -> list[Part]:
    """Name why people wait, each cause with its number and its list; they sum to all.

    `filters` are others of the list, such as `form`.
    """
    parts = []
    for cause, number in waiting.by_cause().items():
        page = url_for(
            "dashboard.signups",
            state=SignupState.WAITING,
            cause=cause.value,
            **filters,  # type: ignore[arg-type]  # the others are no filters
        )
        label = messages.CAUSES_OF_WAITING[cause]
        parts.append(Part(cause, label, number, page))
    return parts
