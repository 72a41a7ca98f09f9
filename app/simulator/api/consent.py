"""What a permission to send does to an e-mail address (contract 4.3, 5.1)."""

from typing import Literal

from app.simulator.models import Account, Resource

Source = Literal["Contact", "Account"]
PERMISSIONS = (
    "implicit",
    "explicit",
    "pending_confirmation",
    "unsubscribed",
    "temp_hold",
    "not_set",
)
MAILABLE = ("explicit", "implicit")
FACTS = (
    "opt_in_source",
    "opt_in_date",
    "opt_out_source",
    "opt_out_date",
    "opt_out_reason",
    "confirm_status",
)


def permission_of(contact: Resource) -> str:
    """The permission to send a contact has; `not_set` without an e-mail address."""
    return str(contact.get("email_address", {}).get("permission_to_send", "not_set"))


def decided(
    account: Account,
    email: Resource,
    permission: str,
    by: Source,
    at: str,
    returning: bool = False,
) -> Resource:
    """Return the address with `permission`, which may have to be confirmed first.

    Whether it has to depends on the account. Somebody who could be mailed before does
    not, unless they are `returning` from having been deleted. An implicit permission is
    the account's own claim and never waits.
    """
    mailable = not returning and email.get("permission_to_send") in MAILABLE
    if permission == "explicit" and account.confirmed_opt_in and not mailable:
        permission = "pending_confirmation"
    kept = {name: value for name, value in email.items() if name not in FACTS}
    facts = _facts(permission, by, at)
    if permission == "explicit" and account.confirmed_opt_in:
        facts["confirm_status"] = "confirmed"
    return kept | {"permission_to_send": permission, "updated_at": at} | facts


def _facts(permission: str, by: Source, at: str) -> Resource:
    """Return who opted in or out, and when.

    An API call that unsubscribes somebody is the account's, whatever source is named.
    """
    if permission == "unsubscribed":
        return {
            "opt_out_source": "Account",
            "opt_out_date": at,
            "opt_out_reason": "",
            "confirm_status": "off",
        }
    if permission == "pending_confirmation":
        return {"opt_in_source": by, "confirm_status": "pending"}
    if permission in MAILABLE:
        return {"opt_in_source": by, "opt_in_date": at, "confirm_status": "off"}
    return {"confirm_status": "off"}
