"""What is done with a press: pure, and the same for every door.

    again       the page comes back with a fresh token; nothing typed is lost
    accept      stored and sent
    confirm     stored; the person is asked by mail, and nothing is sent before
    hold        stored; an admin decides

Nobody is turned away here: only the limit of requests of one network does that
(`rate_limit`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.forms.models import Confirmation, KnownContacts
from app.signups.screening import signals
from app.signups.screening.press import Press

# These are held even where people are asked by mail: either nobody would read the mail,
# or it would be one too many to the same address.
NEVER_ASKED = (
    "trap",
    "blocked_spam",
    "blocked_not_me",
    "address_often",
    "address_everywhere",
)


class Action(StrEnum):
    AGAIN = "again"
    ACCEPT = "accept"
    CONFIRM = "confirm"
    HOLD = "hold"


@dataclass(frozen=True)
class Verdict:
    """What is done, the signals that spoke, and the reason why a press is held."""

    action: Action
    signals: tuple[str, ...] = ()
    # of a sign-up that is held or confirming; of a token that is not good any more
    reason: str | None = None


class Asks(Protocol):
    """What a form says of whom it asks by mail."""

    @property
    def confirmation(self) -> str: ...
    @property
    def known_contacts(self) -> str: ...
    @property
    def exactly(self) -> bool: ...


ACCEPTED = Verdict(Action.ACCEPT)


def confirmation_of(form: Asks) -> str:
    """Return whom a form asks by mail before anything is sent.

    Screening cannot know whether a contact is known. So a form that always asks before
    it changes one asks everybody, unless it looks contacts up as it delivers.
    """
    if form.known_contacts == KnownContacts.ASK_FIRST and not form.exactly:
        return Confirmation.ON
    return form.confirmation


def decide(press: Press, confirmation: str, can_mail: bool) -> Verdict:
    """Decide on a press at a form that asks whom `confirmation` says (`forms.models`).

    `can_mail`: a mail server is set up.
    """
    if press.token_people >= signals.TOKEN_PEOPLE:
        return Verdict(Action.AGAIN, reason="used_up")
    if press.token_elsewhere:
        return Verdict(Action.AGAIN, reason="elsewhere")
    speaking = signals.speaking(press)
    names = tuple(signal.name for signal in speaking)
    suspicious = sum(each.points for each in speaking) >= signals.SUSPICIOUS
    if not suspicious and confirmation != Confirmation.ON:
        return Verdict(Action.ACCEPT, names)
    for name in NEVER_ASKED:
        if name in names:
            return Verdict(Action.HOLD, names, _reason_of(name))
    if confirmation == Confirmation.OFF or not can_mail:
        return Verdict(Action.HOLD, names, "suspicious" if suspicious else "no_mail")
    return Verdict(Action.CONFIRM, names, "suspicious" if suspicious else "form_asks")


def _reason_of(name: str) -> str:
    if name == "trap":
        return "looks_automatic"
    return name
