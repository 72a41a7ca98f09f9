"""The control API: tests, the demo and curious people look inside and make trouble."""

from collections.abc import Callable
from functools import wraps
from typing import Any, get_args

from flask import Blueprint, Response, request

from app.simulator.api.imports import progress
from app.simulator.board import bad_days, playing
from app.simulator.control import changes
from app.simulator.control.faults import Fault
from app.simulator.errors import ApiError, answered
from app.simulator.front import own_posts_only
from app.simulator.magic import GRAMMAR, TABLE
from app.simulator.settings import CHANGEABLE, TokenInfo
from app.simulator.simulator import Simulator, simulator

routes = Blueprint("control", __name__, url_prefix="/_control")
routes.before_request(own_posts_only)
Body = dict[str, Any]
Verb = Callable[[Simulator, Body], Body]


def told(path: str, method: str = "POST") -> Callable[[Verb], Verb]:
    """Make a route of a verb, which gets the simulator and the JSON, and returns JSON.

    400 on nonsense.
    """

    def put(verb: Verb) -> Verb:
        @wraps(verb)
        def view() -> Response:
            here, sent = simulator(), request.get_json(silent=True) or {}
            try:
                with here.lock:
                    return answered(verb(here, sent))
            except (KeyError, TypeError, ValueError, StopIteration) as problem:
                raise ApiError(
                    400, {"problem": f"{type(problem).__name__}: {problem}"}
                ) from problem

        routes.add_url_rule(path, f"{method} {path}", view, methods=[method])
        return verb

    return put


@told("/accounts", "GET")
def accounts(here: Simulator, _: Body) -> Body:
    return {
        "accounts": [
            {"id": account.id, "name": account.name}
            for account in here.state.accounts.values()
        ]
    }


@told("/logins", "GET")
def logins(here: Simulator, _: Body) -> Body:
    return {"logins": [vars(login) for login in here.state.logins.values()]}


@told("/apps", "GET")
def apps(here: Simulator, _: Body) -> Body:
    shown = ("client_id", "client_secret", "redirect_uris", "refresh", "active", "flow")
    return {
        "apps": [
            {name: getattr(app, name) for name in shown}
            for app in here.state.apps.values()
        ]
    }


@told("/grants")
def grants(here: Simulator, sent: Body) -> Body:
    return changes.grant(here, **sent)


@told("/contacts", "GET")
def contacts(here: Simulator, _: Body) -> Body:
    return {
        "contacts": list(here.state.accounts[request.args["account"]].contacts.values())
    }


@told("/requests", "GET")
def requests(here: Simulator, _: Body) -> Body:
    return {
        "requests": here.received.like(request.args.get("path")),
        "total": here.received.total,
    }


@told("/faults")
def add_fault(here: Simulator, sent: Body) -> Body:
    here.faults.add(Fault(**sent))
    return {"faults": here.faults.all()}


@told("/faults", "GET")
def faults(here: Simulator, _: Body) -> Body:
    return {"faults": here.faults.all()}


@told("/faults", "DELETE")
def clear_faults(here: Simulator, _: Body) -> Body:
    here.faults.clear()
    return {"faults": []}


@told("/clock", "GET")
def clock(here: Simulator, _: Body) -> Body:
    return {"now": here.clock.now()}


@told("/clock")
def advance(here: Simulator, sent: Body) -> Body:
    here.clock.advance(float(sent["advance"]))
    return {"now": here.clock.now()}


@told("/reset")
def reset(here: Simulator, _: Body) -> Body:
    here.reset()
    return {"now": here.clock.now()}


@told("/limits", "GET")
def limits(here: Simulator, _: Body) -> Body:
    return {name: getattr(here.settings, name) for name in CHANGEABLE}


@told("/limits")
def change_limits(here: Simulator, sent: Body) -> Body:
    for name, value in sent.items():
        if not _fits(name, value):
            words = ", ".join(get_args(TokenInfo))
            raise ValueError(
                f"numbers, true, false or null for {', '.join(CHANGEABLE)}; token_info"
                f" is one of {words}"
            )
    here.change(**sent)
    return limits(here, {})


def _fits(name: str, value: Any) -> bool:
    if name == "token_info":
        return value in get_args(TokenInfo)
    return name in CHANGEABLE and isinstance(value, int | float | None)


@told("/revoke")
def revoke(here: Simulator, sent: Body) -> Body:
    return changes.revoke(here, **sent)


@told("/contacts")
def put_contact(here: Simulator, sent: Body) -> Body:
    return changes.contact(here, **sent)


@told("/lists")
def put_list(here: Simulator, sent: Body) -> Body:
    return changes.contact_list(here, **sent)


@told("/fields")
def put_field(here: Simulator, sent: Body) -> Body:
    return changes.custom_field(here, **sent)


@told("/logins")
def put_login(here: Simulator, sent: Body) -> Body:
    return changes.login(here, **sent)


@told("/apps")
def put_app(here: Simulator, sent: Body) -> Body:
    return changes.app(here, **sent)


@told("/accounts")
def put_account(here: Simulator, sent: Body) -> Body:
    return changes.account(here, **sent)


@told("/activities")
def end_activity(here: Simulator, sent: Body) -> Body:
    return progress.end(here, **sent)


@told("/magic", "GET")
def magic(_here: Simulator, _: Body) -> Body:
    return {"grammar": GRAMMAR, "addresses": [row.row() for row in TABLE]}


@told("/rehearsals", "GET")
def rehearsals(here: Simulator, _: Body) -> Body:
    return {"rehearsals": [day.row(here) for day in bad_days.BY_NAME.values()]}


@told("/rehearsals")
def rehearse(here: Simulator, sent: Body) -> Body:
    if sent.pop("on", True):
        playing.play(here, **sent)
    elif sent:
        playing.take_back(here, **sent)
    else:
        playing.all_well(here)
    return rehearsals(here, {})
