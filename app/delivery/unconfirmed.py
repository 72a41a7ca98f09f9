"""What is sent, and what is not, of a sign-up whose person has not confirmed."""

from typing import Any

from app.delivery.outcomes import AskFirst, Held, Outcome
from app.forms.models import Confirmation, KnownContacts
from app.services import services
from app.signups.models import Signup


def sendable(row: Signup) -> dict[str, Any]:
    """Return what of a body may be sent: perhaps its lists only."""
    if row.may_send_all:
        body: dict[str, Any] = row.body
        return body
    return {"list_memberships": row.body["list_memberships"]}


def asks_known(row: Signup) -> bool:
    """Tell whether a contact that is known has to confirm before it is changed.

    Only forms that update exactly look a contact up.
    """
    if "exactly" not in row.body or row.is_vouched_for:
        return False
    return row.form.known_contacts == KnownContacts.ASK_FIRST


def held_if_nobody_can_ask(row: Signup, verdict: Outcome) -> Outcome:
    """Hold what the person should confirm when there is no mail server, and who
    unsubscribed also when the form never asks.
    """
    if not isinstance(verdict, AskFirst):
        return verdict
    can_ask = services().settings.mails
    if verdict.reason == "came_back":
        if can_ask and row.form.confirmation != Confirmation.OFF:
            return verdict
        return Held("opted_out")
    if can_ask:
        return verdict
    return Held("known_unasked")
