"""Magic e-mail addresses choose trouble for one sign-up by the part before the @.

They work in any account and under any domain. Troubles strike POST
/v3/contacts/sign_up_form and POST /v3/contacts once their gate and their body are found
in order; the look-up stays well, so that what fails is the call that has an effect.
Persons are there already at both and at GET /v3/contacts?email=, unless the account
holds the address. Any other address is an ordinary one.
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
    """A row of the table: a `fault`, or a person who is there already.

    `state` is that person's, as the control API names it. `expect` is what Latchkey
    should do; `then_ok` what it should do when the trouble comes only once.
    """

    name: str
    happens: str
    expect: str
    then_ok: str | None = None
    fault: Fault | None = None
    state: str | None = None

    def row(self) -> dict[str, Any]:
        """Return the row as `/_control/magic` shows it.

        `status` is 0 where the connection is cut, null where the call is answered
        truly.
        """
        status = self.fault and (0 if self.fault.reset else self.fault.status)
        return {
            name: getattr(self, name)
            for name in ("name", "happens", "expect", "then_ok")
        } | {"status": status}


def _trouble(name: str, happens: str, expect: str, then_ok: str, **facts: Any) -> Magic:
    return Magic(
        name=name,
        happens=happens,
        expect=expect,
        then_ok=then_ok,
        fault=Fault("*", **facts),
    )


QUOTA = {"error_key": "quota_exceeded", "error_message": "Limit Exceeded"}
NO_LIST = [{"error_key": "contacts.api.not_found", "error_message": "List not found."}]
TABLE = (
    _trouble(
        name="500",
        happens="An error inside the provider.",
        expect=WAITS,
        then_ok=LATER,
        status=500,
    ),
    _trouble(
        name="502",
        happens="The gateway in front answers, with a page instead of JSON.",
        expect=WAITS,
        then_ok=LATER,
        status=502,
    ),
    _trouble(
        name="503",
        happens="The provider is down.",
        expect=WAITS,
        then_ok=LATER,
        status=503,
    ),
    _trouble(
        name="slow-5s",
        happens="It takes effect, and the answer takes five seconds.",
        expect="Delivered at the first try; the visitor was thanked long before.",
        then_ok="The same; a second sign-up is answered at once.",
        latency_ms=5_000,
        when="after",
    ),
    _trouble(
        name="timeout",
        happens="It takes effect, but the answer takes twenty seconds.",
        expect=f"Given up after ten seconds. {LOOKS}, each time.",
        then_ok="Looked up, then delivered, as updated.",
        latency_ms=20_000,
        when="after",
    ),
    _trouble(
        name="reset-before",
        happens="The connection is cut before anything took effect.",
        expect=f"{LOOKS}, each time.",
        then_ok="Looked up, then delivered, as created.",
        reset=True,
    ),
    _trouble(
        name="reset-after",
        happens="It takes effect, and then the connection is cut.",
        expect=f"{LOOKS}, each time.",
        then_ok="Looked up, then delivered, as updated.",
        reset=True,
        when="after",
    ),
    _trouble(
        name="429",
        happens="Too many calls in this second.",
        expect="Everything pauses for a second or two, again and again.",
        then_ok="Everything pauses for a second or two, then it is delivered.",
        status=429,
    ),
    _trouble(
        name="quota",
        happens="The calls of the day are used up.",
        expect="Nothing is sent before midnight UTC, for no account.",
        then_ok="The same; just after midnight it is delivered.",
        status=429,
        body=QUOTA,
    ),
    _trouble(
        name="409",
        happens="Somebody else is changing the contact.",
        expect="Tried again every few seconds, for up to 3 days.",
        then_ok="Delivered a few seconds later.",
        status=409,
    ),
    _trouble(
        name="401",
        happens="The access token is not accepted.",
        expect=(
            "The token set is renewed and the call made once more; then the account is"
            " retried with growing pauses."
        ),
        then_ok="The token set is renewed, and it is delivered in the same attempt.",
        status=401,
    ),
    _trouble(
        name="403",
        happens="The login may not add contacts.",
        expect="The account needs its owner, until another gets through.",
        then_ok="The account needs its owner, until the next try gets through.",
        status=403,
    ),
    _trouble(
        name="404",
        happens="The list does not exist.",
        expect="Parked, and the account’s lists are read afresh.",
        then_ok=BY_HAND,
        status=404,
        body=NO_LIST,
    ),
    _trouble(
        name="415",
        happens="The content type is refused.",
        expect=PARKED,
        then_ok=BY_HAND,
        status=415,
    ),
    _trouble(
        name="invalid",
        happens="The address counts as invalid.",
        expect=PARKED,
        then_ok=BY_HAND,
        status=400,
    ),
    _trouble(
        name="html",
        happens="200, but with a web page instead of JSON.",
        expect=WAITS,
        then_ok=LATER,
        status=200,
        body="<h1>Welcome</h1>",
    ),
    _trouble(
        name="empty",
        happens="200, but with nothing in it.",
        expect=WAITS,
        then_ok=LATER,
        status=200,
        body="",
        content_type="application/json",
    ),
    _trouble(
        name="redirect",
        happens="302, to a web page.",
        expect=f"It is not followed. {WAITS}",
        then_ok=LATER,
        status=302,
        body="",
    ),
    Magic(
        name="unsubscribed",
        happens="This person unsubscribed earlier.",
        expect=(
            "Held for an admin to decide; nothing is sent that would subscribe them"
            " again."
        ),
        state="unsubscribed",
    ),
    Magic(
        name="pending",
        happens="This person has not confirmed yet.",
        expect="Delivered, as updated.",
        state="pending_confirmation",
    ),
    Magic(
        name="on-hold",
        happens="Mail to this person is on hold.",
        expect="Delivered, as updated.",
        state="temp_hold",
    ),
    Magic(
        name="deleted",
        happens="This person was deleted earlier.",
        expect="Delivered, as updated; the contact is back.",
        state="deleted",
    ),
)
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
