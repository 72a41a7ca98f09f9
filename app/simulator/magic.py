"""Magic e-mail addresses: the part before the @ chooses trouble for one sign-up, in any
account and under any domain.

Troubles strike POST /v3/contacts/sign_up_form and POST /v3/contacts once their gate and
their body are found in order; the look-up stays well, so that what fails is the call
that has an effect. Persons are there already at both and at GET /v3/contacts?email=,
unless the account holds the address. What is not in the table is nobody's concern.
"""

import re
from dataclasses import dataclass
from typing import Any

from flask import request

from app.simulator.control import changes
from app.simulator.control.faults import Fault, usual_body
from app.simulator.errors import ApiError
from app.simulator.models import Account
from app.simulator.simulator import Simulator

GRAMMAR = "<name>[-then-ok][+anything]@<any domain>"
ADDRESS = re.compile(r"(?P<name>[a-z0-9-]+?)(?P<once>-then-ok)?(\+[^@]*)?@[^@]+")
WAITS = (
    "The account is retried with growing pauses; once others got through, only this"
    " sign-up waits, up to 3 days."
)
PARKED = (
    "The sign-up is parked with these words for an admin to look at; nobody else waits."
)
LATER = "Delivered at the next try, some 15 seconds later."
BY_HAND = "Parked; Send again delivers it."
LOOKS = (
    "It may have taken effect, so the contact is looked up before the sign-up is sent"
    " again"
)


@dataclass(frozen=True)
class Magic:
    """A row of the table: a `fault`, or a person who is there before in a `state` of
    the control API.

    `expect` is what Latchkey should do; `then_ok` what it should do when the trouble
    comes once only.
    """

    name: str
    happens: str
    expect: str
    then_ok: str | None = None
    fault: Fault | None = None
    state: str | None = None

    def row(self) -> dict[str, Any]:
        """As `/_control/magic` shows it; `status` is 0 where the connection is cut,
        null where the call is answered truly.
        """
        status = self.fault and (0 if self.fault.reset else self.fault.status)
        return {
            name: getattr(self, name)
            for name in ("name", "happens", "expect", "then_ok")
        } | {"status": status}


def _trouble(name: str, happens: str, expect: str, then_ok: str, **facts: Any) -> Magic:
    return Magic(name, happens, expect, then_ok, Fault("*", **facts))


QUOTA = {"error_key": "quota_exceeded", "error_message": "Limit Exceeded"}
NO_LIST = [{"error_key": "contacts.api.not_found", "error_message": "List not found."}]
TABLE = (
    _trouble("500", "An error inside the provider.", WAITS, LATER, status=500),
    _trouble("502", "The gateway in front answers, with a page instead of JSON.", WAITS, LATER, status=502),
    _trouble("503", "The provider is down.", WAITS, LATER, status=503),
    _trouble("slow-5s", "It takes effect, and the answer takes five seconds.",
             "Delivered at the first try; the visitor was thanked long before.",
             "The same; a second sign-up is answered at once.", latency_ms=5_000, when="after"),
    _trouble("timeout", "It takes effect, but the answer takes twenty seconds.",
             f"Given up after ten seconds. {LOOKS}, each time.", "Looked up, then delivered, as updated.",
             latency_ms=20_000, when="after"),
    _trouble("reset-before", "The connection is cut before anything took effect.", f"{LOOKS}, each time.",
             "Looked up, then delivered, as created.", reset=True),
    _trouble("reset-after", "It takes effect, and then the connection is cut.", f"{LOOKS}, each time.",
             "Looked up, then delivered, as updated.", reset=True, when="after"),
    _trouble("429", "Too many calls in this second.", "Everything pauses for a second or two, again and again.",
             "Everything pauses for a second or two, then it is delivered.", status=429),
    _trouble("quota", "The calls of the day are used up.", "Nothing is sent before midnight UTC, for no account.",
             "The same; just after midnight it is delivered.", status=429, body=QUOTA),
    _trouble("409", "Somebody else is changing the contact.", "Tried again every few seconds, for up to 3 days.",
             "Delivered a few seconds later.", status=409),
    _trouble("401", "The access token is not accepted.",
             "The token set is renewed and the call made once more; then the account is retried with growing pauses.",
             "The token set is renewed, and it is delivered in the same attempt.", status=401),
    _trouble("403", "The login may not add contacts.", "The account needs its owner, until another gets through.",
             "The account needs its owner, until the next try gets through.", status=403),
    _trouble("404", "The list does not exist.", "Parked, and the account’s lists are read afresh.", BY_HAND,
             status=404, body=NO_LIST),
    _trouble("415", "The content type is refused.", PARKED, BY_HAND, status=415),
    _trouble("invalid", "The address counts as invalid.", PARKED, BY_HAND, status=400),
    _trouble("html", "200, but with a web page instead of JSON.", WAITS, LATER, status=200, body="<h1>Welcome</h1>"),
    _trouble("empty", "200, but with nothing in it.", WAITS, LATER, status=200, body="",
             content_type="application/json"),
    _trouble("redirect", "302, to a web page.", f"It is not followed. {WAITS}", LATER, status=302, body=""),
    Magic("unsubscribed", "This person unsubscribed earlier.",
          "Held for an admin to decide; nothing is sent that would subscribe them again.", state="unsubscribed"),
    Magic("pending", "This person has not confirmed yet.", "Delivered, as updated.", state="pending_confirmation"),
    Magic("on-hold", "Mail to this person is on hold.", "Delivered, as updated.", state="temp_hold"),
    Magic("deleted", "This person was deleted earlier.", "Delivered, as updated; the contact is back.",
          state="deleted"),
)  # fmt: skip
BY_NAME = {magic.name: magic for magic in TABLE}


def meet(here: Simulator, account: Account, address: str) -> None:
    """Make a magic person be there, as though always."""
    magic, once = _called(address)
    if magic and magic.state and not once and not account.find(address):
        changes.contact(here, account.id, address, magic.state)


def strike(here: Simulator, account: Account, address: str) -> None:
    """What is magic about a call that writes this address.

    Trouble is left for `traffic` to play once the lock is free; what comes before the
    effect ends the view here.
    """
    meet(here, account, address)
    magic, once = _called(address)
    if not magic or not magic.fault or (once and address.lower() in here.state.struck):
        return
    here.state.struck[address.lower()] = here.clock.now()
    request.environ["simulator.trouble"] = magic.fault
    if magic.fault.when == "before":
        raise ApiError(503, usual_body(503, request.path))


def _called(address: str) -> tuple[Magic | None, bool]:
    """The magic of an address, and whether it ends after the first time."""
    found = ADDRESS.fullmatch(address.lower())
    magic = BY_NAME.get(found["name"]) if found else None
    return magic, bool(found and found["once"])
