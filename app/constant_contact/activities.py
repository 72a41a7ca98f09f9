"""Bulk imports of the V3 API: begin a job, look at one, list those that are kept.

Contract 5.3. Every function may raise a `ProviderError`. A job must not be begun twice
at will; so whoever begins one is called back when the turn has come, and can write down
first what is about to happen.
"""

from collections.abc import Callable
from math import isfinite
from typing import Annotated, Any

from pydantic import Field, field_validator

from app.constant_contact import errors, http
from app.constant_contact.answers import Answer, Items, all_readable
from app.constant_contact.client import Client, Page

JSON_IMPORT = "/activities/contacts_json_import"
CSV_IMPORT = "/activities/contacts_file_import"
MAX_STATE = 20  # characters
MAX_PAGES = 20  # of 500 each


class QueueFull(Exception):
    """1,000 jobs of this account have not ended; nothing was begun.

    It is a 429 in the shape of a service, not of the gateway, and no reason to make
    fewer calls.
    """


class Activity(Answer):
    """A job as the provider shows it; `status` are its counters."""

    activity_id: http.Plain = Field(min_length=1, max_length=36)
    state: http.Plain = Field("", max_length=MAX_STATE)
    percent_done: int = 0
    source_file_name: http.Plain = ""
    activity_errors: list[http.Plain] = Field(default_factory=list)
    status: dict[str, int] = Field(default_factory=dict)

    @field_validator("percent_done", mode="before")
    @classmethod
    def _whole_percent(cls, value: Any) -> Any:
        if isinstance(value, float) and isfinite(value):
            return int(value)
        return value

    @field_validator("activity_errors", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [str(each) for each in value if each is not None]

    @field_validator("status", mode="before")
    @classmethod
    def _numbers(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: count for name, count in value.items() if isinstance(count, int)}


class Activities(Page):
    activities: Annotated[Items[Activity], all_readable(Activity)]


def begin_json(api: Client, body: bytes, now: Callable[[], float]) -> Activity:
    """Call `POST /activities/contacts_json_import`.

    `now` is called when the turn has come, and returns how many seconds the call may
    take.
    """
    headers = {"Content-Type": "application/json"}
    return _begin(api, JSON_IMPORT, now, data=body, headers=headers)


def begin_csv(
    api: Client, file_name: str, file: bytes, lists: list[str], now: Callable[[], float]
) -> Activity:
    """Call `POST /activities/contacts_file_import` as multipart, `now` as above."""
    files = {"file": (file_name, file, "text/csv")}
    list_ids = {"list_ids": ",".join(lists)}
    return _begin(api, CSV_IMPORT, now, files=files, data=list_ids)


def look(api: Client, activity_id: str) -> Activity | None:
    """Read one job; None when the provider does not know it (any more)."""
    api.turn()
    try:
        return api.answer(Activity, "GET", f"{api.api_url}/activities/{activity_id}")
    except errors.Missing:
        return None


def listed(api: Client) -> Items[Activity]:
    """Read every job that the provider still keeps."""
    jobs: Items[Activity] = Items()
    for page in api.pages(Activities, "/activities?limit=500", MAX_PAGES):
        jobs.add(page.activities)
    return jobs


def _begin(api: Client, path: str, now: Callable[[], float], **more: Any) -> Activity:
    api.turn()
    answer = api.ask("POST", f"{api.api_url}{path}", timeout=now(), **more)
    if answer.status_code == 429 and isinstance(http.parsed(answer), list):
        raise QueueFull
    return api.read(Activity, answer)
