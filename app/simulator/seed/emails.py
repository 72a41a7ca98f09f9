"""The addresses an organisation sends from: its owner's, one more, one unconfirmed."""

from app.simulator.clock import iso
from app.simulator.models import Resource
from app.simulator.seed.organisations import Organisation
from app.simulator.seed.stable import stable_id

YEAR = 365 * 86_400


def emails_of(organisation: Organisation, now: float) -> list[Resource]:
    owner = organisation.logins[0][0]
    # the flavour that was seen here, and only here (contract 6)
    at = iso(now - 2 * YEAR).replace("Z", ".000+0000")
    confirmed = {
        "confirm_status": "CONFIRMED",
        "confirm_time": at,
        "confirm_source_type": "SITE_OWNER",
    }
    every_role = ["CONTACT", "BILLING", "REPLY_TO", "DEFAULT_FROM"]
    return [
        {**_email(owner), **confirmed, "roles": every_role, "pending_roles": []},
        {
            **_email(f"news@{organisation.domain}"),
            **confirmed,
            "roles": ["OTHER"],
            "pending_roles": [],
        },
        {
            **_email(f"hello@{organisation.domain}"),
            "confirm_status": "UNCONFIRMED",
            "roles": [],
            "pending_roles": ["REPLY_TO"],
        },
    ]


def _email(address: str) -> Resource:
    return {
        "email_address": address,
        "email_id": int(stable_id("email", address)[:8], 16),
    }
