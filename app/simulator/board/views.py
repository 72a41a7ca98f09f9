"""The board, for people.

It shows what is on, every bad day as a button, what was received, and whom each account
holds.
"""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from app.simulator.api.consent import permission_of
from app.simulator.board import bad_days, playing
from app.simulator.front import own_posts_only
from app.simulator.magic import GRAMMAR, TABLE
from app.simulator.models import Account, Resource, addresses
from app.simulator.simulator import simulator

routes = Blueprint("board", __name__)
routes.before_request(own_posts_only)
REQUESTS_SHOWN = 20
CONTACTS_SHOWN = 50
PERMISSIONS = {
    "explicit": "May be mailed: asked for it",
    "implicit": "May be mailed: the account says so",
    "pending_confirmation": "Has to confirm first",
    "unsubscribed": "Unsubscribed",
    "temp_hold": "On hold",
    "not_set": "No permission yet",
}


@routes.get("/")
def home() -> str:
    here = simulator()
    with here.lock:
        return render_template(
            "simulator/board.html",
            here=here,
            groups=bad_days.GROUPS,
            on=[
                (day, choice, day.label_of(here, choice))
                for day, choice in playing.in_force(here)
            ],
            beyond=playing.beyond(here),
            done=bad_days.BY_NAME.get(request.args.get("done", "")),
            latest=here.received.latest(REQUESTS_SHOWN),
            names={
                account.id: account.name for account in here.state.accounts.values()
            },
        )


@routes.post("/board/play")
def play() -> Redirect | tuple[str, int]:
    here, name = simulator(), request.form.get("name", "")
    choice = " ".join(
        filter(
            None, (request.form.get("choice"), request.form.get("typed", "").strip())
        )
    )
    try:
        with here.lock:
            playing.play(here, name, choice)
    except ValueError as problem:
        return render_template("simulator/refused.html", problem=str(problem)), 400
    return redirect(url_for("board.home", done=name), 303)


@routes.post("/board/take-back")
def take_back() -> Redirect:
    """All that is on when no day is named."""
    here, name = simulator(), request.form.get("name")
    with here.lock:
        if name in bad_days.BY_NAME:
            playing.take_back(here, name, request.form.get("choice", ""))
        elif name is None:
            playing.all_well(here)
    return redirect(url_for("board.home"), 303)


@routes.get("/board/accounts/<account_id>")
def account(account_id: str) -> Redirect | str:
    """The contacts an account holds, newest change first, fifty at a time."""
    here, asked = simulator(), request.args.get("q", "").strip()
    page = request.args.get("page", 1, type=int)
    with here.lock:
        found = here.state.accounts.get(account_id)
        if not found:
            return redirect(url_for("board.home"))
        people = _found(found, asked.lower())
        begins = CONTACTS_SHOWN * (page - 1)
        return render_template(
            "simulator/account.html",
            account=found,
            asked=asked,
            total=len(people),
            page=page,
            more=len(people) > begins + CONTACTS_SHOWN,
            people=[
                _shown(found, contact)
                for contact in people[max(0, begins) : begins + CONTACTS_SHOWN]
            ],
        )


def _found(of: Account, asked: str) -> list[Resource]:
    """Return the newest change first; within one second, the contact that came last."""
    people = [
        each
        for each in of.contacts.values()
        if any(asked in name for name in addresses(each))
    ]
    people.reverse()
    people.sort(key=lambda each: str(each["updated_at"]), reverse=True)
    return people


def _shown(of: Account, contact: Resource) -> Resource:
    names = [
        of.lists[list_id]["name"]
        for list_id in contact["list_memberships"]
        if list_id in of.lists
    ]
    state = (
        "Deleted" if "deleted_at" in contact else PERMISSIONS[permission_of(contact)]
    )
    who = " ".join(filter(None, (contact.get("first_name"), contact.get("last_name"))))
    address = contact.get("email_address", {}).get("address") or next(
        addresses(contact), ""
    )
    return {
        "address": address,
        "who": who,
        "state": state,
        "lists": names,
        "at": contact["updated_at"],
    }


@routes.get("/magic")
def magic() -> str:
    return render_template("simulator/magic.html", table=TABLE, grammar=GRAMMAR)
