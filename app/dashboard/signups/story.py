"""Make the lines that tell what happened to one sign-up."""

from typing import Any

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from app import messages
from app.signups.models import Attempt, Signup, SignupEvent, SignupState
from app.signups.screening import signals

# attempts that ended with the provider's own words about this sign-up
SAID_BY_PROVIDER = ("invalid", "list_missing", "unsupported", "conflict")
NO_WORDS = "HTTP "  # what stands there when an answer had none
MAX_QUOTED = 300  # characters
WENT_WELL = ("created", "updated", "unchanged")


def signals_of(signup: Signup) -> list[tuple[str, LazyString | str]]:
    """List the signals that spoke against a sign-up, each with its sentence."""
    names = signals.names_in(signup.signals)
    return [(name, messages.SIGNALS.get(name, name)) for name in names]


def providers_words(signup: Signup) -> str:
    """Return what the provider said of a sign-up that it refused; "" for nothing."""
    if signup.state != SignupState.PARKED or not signup.tries:
        return ""
    last = signup.tries[-1]
    if last.outcome not in SAID_BY_PROVIDER or last.detail.startswith(NO_WORDS):
        return ""
    words = " ".join(last.detail.split())
    return words if len(words) <= MAX_QUOTED else f"{words[:MAX_QUOTED]}…"


def line_of_event(event: SignupEvent) -> dict[str, Any]:
    """Make a line of a timeline of what people and mails did."""
    text = ""
    if event.who:
        text = gettext("By %(who)s.", who=event.who)
    return {
        "when": event.at,
        "title": messages.SIGNUP_EVENTS.get(event.what, event.what),
        "text": text,
        "tone": "info",
        "icon": "check",
    }


def line_of_attempt(attempt: Attempt) -> dict[str, Any]:
    """Make a line of a timeline of an attempt."""
    title: LazyString | str = _("Begun, and its end was never written down")
    if attempt.outcome:
        title = messages.reason(attempt.outcome)
    tone, icon = _attempt_look(attempt.outcome)
    exact_answer = []
    if attempt.detail:
        exact_answer.append(attempt.detail)
    if attempt.request_id:
        exact_answer.append(gettext("Request %(id)s", id=attempt.request_id))
    return {
        "when": attempt.ended_at or attempt.started_at,
        "title": title,
        "tone": tone,
        "icon": icon,
        "detail": "\n".join(exact_answer).strip(),
    }


def _attempt_look(outcome: str | None) -> tuple[str, str]:
    """Return tone and icon of an attempt."""
    if not outcome:
        return "quiet", "clock"
    if outcome in WENT_WELL:
        return "ok", "check"
    if outcome == "opted_out":
        return "warn", "pause"
    return "warn", "refresh"
