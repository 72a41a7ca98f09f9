"""Bulk imports as tests start and follow them."""

from typing import Any

import requests

from .acting import Actor

JSON, CSV = "/activities/contacts_json_import", "/activities/contacts_file_import"


def import_json(actor: Actor, *rows: object, **more: Any) -> requests.Response:
    """Rows for the account's first list, unless told otherwise."""
    return actor.call(
        "POST",
        JSON,
        json={"import_data": list(rows), "list_ids": [actor.first_list()], **more},
    )


def import_csv(actor: Actor, text: str | bytes, **more: str) -> requests.Response:
    """A file for the account's first list, unless told otherwise."""
    sent = {"list_ids": actor.first_list(), **more}
    return actor.call(
        "POST", CSV, files={"file": ("people.csv", text, "text/csv")}, data=sent
    )


def finished(actor: Actor, started: requests.Response) -> dict[str, Any]:
    """The activity, long after it was started."""
    assert started.status_code == 201, started.text
    actor.clock.advance(600)
    return activity(actor, started)


def activity(actor: Actor, started: requests.Response) -> dict[str, Any]:
    """The activity as it is now."""
    return dict(
        actor.get(started.json()["_links"]["self"]["href"].removeprefix("/v3")).json()
    )
