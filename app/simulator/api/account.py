"""Account details and privileges (contract 5.4)."""

from flask import Blueprint, Response, request

from app.simulator.api.gate import Caller, gated
from app.simulator.api.questions import several
from app.simulator.api.roles import PRIVILEGES, privileges
from app.simulator.errors import answered

routes = Blueprint("account", __name__)
EXTRAS = ("physical_address", "company_logo")


@routes.get("/v3/account/summary")
@gated("account_read", "account:read")
def summary(caller: Caller) -> Response:
    wanted = several(request.args, "extra_fields", EXTRAS)
    shown = caller.account.summary.items()
    return answered({name: value for name, value in shown if name not in EXTRAS or name in wanted})


@routes.get("/v3/account/user/privileges")
@gated(None, None)
def user_privileges(caller: Caller) -> Response:
    names = privileges(caller.login)
    return answered([{"privilege_id": PRIVILEGES[name], "privilege_name": name} for name in names])
