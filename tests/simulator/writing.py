"""An app that writes contacts: what tests of those routes do over and over."""

from typing import Any

import requests

from .acting import Actor

NOWHERE = "00000000-0000-4000-8000-000000000000"


def create(
    actor: Actor, address: str | None = "visitor@example.com", **sent: Any
) -> requests.Response:
    email = (
        {"email_address": {"address": address, "permission_to_send": "explicit"}}
        if address
        else {}
    )
    return actor.call(
        "POST", "/contacts", json={"create_source": "Contact", **email, **sent}
    )


def put(actor: Actor, contact_id: str, **sent: Any) -> requests.Response:
    return actor.call(
        "PUT", f"/contacts/{contact_id}", json={"update_source": "Account", **sent}
    )


def email(
    address: str = "visitor@example.com", permission: str | None = None
) -> dict[str, Any]:
    return {"address": address} | (
        {"permission_to_send": permission} if permission else {}
    )


def seeded_id(actor: Actor, address: str) -> str:
    return str(actor.contact(address)["contact_id"])


def message(response: requests.Response) -> str:
    return str(response.json()[0]["error_message"])
