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
    "Latchkey retries the account with growing pauses. Once others get through, only"
    " this sign-up waits, up to 3 days."
)
PARKED = (
    "The sign-up needs a fix, and shows this answer to an admin. Nobody else waits."
)
LATER = "Delivered at the next try, about 15 seconds later."
BY_HAND = "Needs a fix. Send again delivers it."
LOOKS = (
    "It may have arrived, so Latchkey looks the contact up before it sends the sign-up"
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
        happens="An error at the provider.",
        expect=WAITS,
        then_ok=LATER,
        status=500,
    ),
    _trouble(
        name="502",
        happens="A gateway answers instead, with a page rather than JSON.",
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
        happens="The sign-up works, and the answer takes five seconds.",
        expect="Delivered at the first try. The visitor was thanked long before.",
        then_ok="The same. A second sign-up is answered right away.",
        latency_ms=5_000,
        when="after",
    ),
    _trouble(
        name="timeout",
        happens="The sign-up works, but the answer takes twenty seconds.",
        expect=f"Latchkey stops waiting after ten seconds. {LOOKS}, each time.",
        then_ok="Looked up, then delivered, as updated.",
        latency_ms=20_000,
        when="after",
    ),
    _trouble(
        name="reset-before",
        happens="The connection is cut before the sign-up works.",
        expect=f"{LOOKS}, each time.",
        then_ok="Looked up, then delivered, as created.",
        reset=True,
    ),
    _trouble(
        name="reset-after",
        happens="The sign-up works, and then the connection is cut.",
        expect=f"{LOOKS}, each time.",
        then_ok="Looked up, then delivered, as updated.",
        reset=True,
        when="after",
    ),
    _trouble(
        name="429",
        happens="Too many calls in this second.",
        expect="All sending pauses for a second or two, again and again.",
        then_ok="All sending pauses for a second or two, then it is delivered.",
        status=429,
    ),
    _trouble(
        name="quota",
        happens="The calls of the day are used up.",
        expect="Nothing is sent before midnight UTC, for any account.",
        then_ok="The same. It is delivered just after midnight.",
        status=429,
        body=QUOTA,
    ),
    _trouble(
        name="409",
        happens="Someone else is changing the contact.",
        expect="Latchkey tries again every few seconds, for up to 3 days.",
        then_ok="Delivered a few seconds later.",
        status=409,
    ),
    _trouble(
        name="401",
        happens="The access token is not accepted.",
        expect=(
            "Latchkey renews the connection and tries again. Then it retries the"
            " account with growing pauses."
        ),
        then_ok="Latchkey renews the connection and delivers it in the same attempt.",
        status=401,
    ),
    _trouble(
        name="403",
        happens="The login isn’t allowed to add contacts.",
        expect="The account needs its owner until another sign-up gets through.",
        then_ok="The account needs its owner until the next try gets through.",
        status=403,
    ),
    _trouble(
        name="404",
        happens="The list does not exist.",
        expect="Needs a fix, and Latchkey reads the account’s lists again.",
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
        happens="The address is called invalid.",
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
        happens="200, but with an empty body.",
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
            "On hold until an admin decides. Latchkey sends nothing that would"
            " subscribe them again."
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
        happens="Email to this person is on hold.",
        expect="Delivered, as updated.",
        state="temp_hold",
    ),
    Magic(
        name="deleted",
        happens="This person was deleted earlier.",
        expect="Delivered, as updated. The contact is back.",
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
