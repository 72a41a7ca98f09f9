"""Bulk imports of the V3 API (contract 5.3): begin a job, look at one, list those of
the last ten days.

Every function may raise a `ProviderError`. Beginning one is no upsert call that may be
made twice at will: it is told when its turn has come, so that what is about to happen
can be written down first.
"""

from collections.abc import Callable
from math import isfinite
from typing import Any

from pydantic import BaseModel, Field, field_validator

from app.constant_contact import errors, http
from app.constant_contact.client import Client, Page

JSON_IMPORT, CSV_IMPORT = (
    "/activities/contacts_json_import",
    "/activities/contacts_file_import",
)
MAX_PAGES = 20  # of 500 each


class QueueFull(Exception):
    """A 429 in the shape of a service, not of the gateway: about the jobs of this
    account, and no reason to go slower.

    There are 1,000 that have not ended. Nothing was begun.
    """


class Activity(BaseModel):
    """A job as the provider shows it; `status` are its counters."""

    activity_id: http.Plain = Field(min_length=1, max_length=36)
    state: http.Plain = Field("", max_length=20)
    percent_done: int = 0
    source_file_name: http.Plain = ""
    activity_errors: list[http.Plain] = []
    status: dict[str, int] = {}

    @field_validator(
        "percent_done",
        "source_file_name",
        "activity_errors",
        "status",
        "state",
        mode="before",
    )
    @classmethod
    def _odd_is_nothing(cls, value: Any, info: Any) -> Any:
        """The list holds jobs of every kind, and what is odd in one of them may not
        stand in an import's way.
        """
        default = cls.model_fields[info.field_name].default
        if info.field_name == "percent_done":
            return (
                int(value)
                if isinstance(value, int | float) and isfinite(value)
                else default
            )
        if not isinstance(value, type(default)):
            return default
        if info.field_name == "status":
            return {
                name: count for name, count in value.items() if isinstance(count, int)
            }
        if info.field_name == "activity_errors":
            return [str(each) for each in value]
        return value[:20] if info.field_name == "state" else value


class Activities(Page):
    activities: list[Activity]


def begin_json(api: Client, body: bytes, now: Callable[[], float]) -> Activity:
    """`POST /activities/contacts_json_import`.

    `now` is called when the turn has come: how long may this take?
    """
    return _begin(
        api, JSON_IMPORT, now, data=body, headers={"Content-Type": "application/json"}
    )


def begin_csv(
    api: Client, file_name: str, file: bytes, lists: list[str], now: Callable[[], float]
) -> Activity:
    """`POST /activities/contacts_file_import`, as multipart."""
    return _begin(
        api,
        CSV_IMPORT,
        now,
        files={"file": (file_name, file, "text/csv")},
        data={"list_ids": ",".join(lists)},
    )


def look(api: Client, activity_id: str) -> Activity | None:
    """One job; None when the provider does not know it (any more)."""
    api.turn()
    try:
        return api.answer(Activity, "GET", f"{api.api_url}/activities/{activity_id}")
    except errors.Missing:
        return None


def listed(api: Client) -> list[Activity]:
    """Every job that the provider still keeps."""
    return [
        item
        for page in api.pages(Activities, "/activities?limit=500", MAX_PAGES)
        for item in page.activities
    ]


def _begin(api: Client, path: str, now: Callable[[], float], **more: Any) -> Activity:
    api.turn()
    answer = api.ask("POST", f"{api.api_url}{path}", timeout=now(), **more)
    if answer.status_code == 429 and isinstance(http.parsed(answer), list):
        raise QueueFull
    return api.read(Activity, answer)
