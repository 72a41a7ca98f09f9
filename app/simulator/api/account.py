"""Account details and privileges (contract 5.4)."""

from flask import Blueprint, Response, request

from app.simulator.api.gate import Caller, gated
from app.simulator.api.questions import bad_value, one_of, several
from app.simulator.api.roles import PRIVILEGES, privileges
from app.simulator.errors import answered

routes = Blueprint("account", __name__)
EXTRAS = ("physical_address", "company_logo")
CONFIRM_STATUSES = {
    name[:size]: name for name in ("CONFIRMED", "UNCONFIRMED") for size in (1, None)
}
ROLE_CODES = {
    name[:size]: name
    for name in ("CONTACT", "BILLING", "JOURNALING", "REPLY_TO", "OTHER")
    for size in (1, None)
}


@routes.get("/v3/account/summary")
@gated("account_read", "account:read")
def summary(caller: Caller) -> Response:
    wanted = several(request.args, "extra_fields", EXTRAS)
    shown = caller.account.summary.items()
    return answered(
        {name: value for name, value in shown if name not in EXTRAS or name in wanted}
    )


@routes.get("/v3/account/summary/physical_address")
@gated("account_read", "account:read")
def physical_address(caller: Caller) -> Response:
    return answered(caller.account.summary["physical_address"])


@routes.get("/v3/account/user/privileges")
@gated(None, None)
def user_privileges(caller: Caller) -> Response:
    names = privileges(caller.login)
    return answered(
        [{"privilege_id": PRIVILEGES[name], "privilege_name": name} for name in names]
    )


@routes.get("/v3/account/emails")
@gated("account_read", "account:read")
def emails(caller: Caller) -> Response:
    """The account's own addresses; one filter at a time."""
    filters = [
        name
        for name in ("confirm_status", "role_code", "email_address")
        if name in request.args
    ]
    if len(filters) > 1:
        raise bad_value(filters[1])
    status = CONFIRM_STATUSES.get(
        one_of(request.args, "confirm_status", CONFIRM_STATUSES) or ""
    )
    role = ROLE_CODES.get(one_of(request.args, "role_code", ROLE_CODES) or "")
    address = request.args.get("email_address", "").lower()
    return answered(
        [
            email
            for email in caller.account.emails
            if status in (None, email["confirm_status"])
            and (role is None or role in email["roles"])
            and address in ("", email["email_address"].lower())
        ]
    )
