"""Starting an import, and looking at those of the last ten days."""

from flask import Blueprint, Response, g

from app.simulator.activity import Activity
from app.simulator.api.gate import Caller, gated
from app.simulator.api.imports.progress import begin
from app.simulator.api.imports.reading import csv_import, json_import
from app.simulator.api.paging import asked, page
from app.simulator.api.questions import UUID, one_of
from app.simulator.clock import iso
from app.simulator.errors import answered, not_found
from app.simulator.models import Resource

routes = Blueprint("activities", __name__)
MAX = 500
STATES = ("processing", "completed", "cancelled", "failed", "timed_out")
STARTED_WITH = (
    "items_total_count",
    "person_count",
    "error_count",
    "correctable_count",
    "cannot_add_to_list_count",
)


@routes.post("/v3/activities/contacts_json_import")
@gated("contact_data", "contacts:write")
def contacts_json_import(caller: Caller) -> Response:
    return _begun(begin(caller, json_import(caller.account)))


@routes.post("/v3/activities/contacts_file_import")
@gated("contact_data", "contacts:write")
def contacts_file_import(caller: Caller) -> Response:
    return _begun(begin(caller, csv_import(caller.account)))


def _begun(activity: Activity) -> Response:
    """As it was a moment ago, whatever the pace, and with fewer counters than later."""
    body = shown(activity, activity.created_at) | {"state": "initialized"}
    return answered(
        body | {"status": {name: body["status"][name] for name in STARTED_WITH}}, 201
    )


@routes.get("/v3/activities")
@gated("contact_data", "contacts:write")
def activities(caller: Caller) -> Response:
    """The newest first."""
    question, now = asked(), g.worked_off_at
    wanted = one_of(question.sent, "state", STATES)
    ours = [
        each
        for each in caller.here.state.activities.values()
        if each.account == caller.account.id
    ]
    newest_first = (shown(each, now) for each in reversed(ours))
    items, links = page(
        question,
        newest_first,
        lambda item: wanted in (None, item["state"]),
        "activity_id",
        MAX,
    )
    return answered({"activities": items} | ({"_links": links} if links else {}))


@routes.get("/v3/activities/<activity_id>")
@gated("contact_data", "contacts:write")
def activity(caller: Caller, activity_id: str) -> Response:
    if not UUID.fullmatch(activity_id):
        raise not_found("activity_id is in an invalid format.")
    found = caller.here.state.activities.get(activity_id.lower())
    if not found or found.account != caller.account.id:
        raise not_found("Activity not found.")
    return answered(shown(found, g.worked_off_at))


def shown(activity: Activity, now: float) -> Resource:
    """The job as the API describes it."""
    state, header = activity.state(now), int(activity.source_file_name is not None)
    times = {
        "created_at": activity.created_at,
        "updated_at": min(now, activity.ends_at),
    }
    times |= {"started_at": activity.starts_at} if state != "initialized" else {}
    times |= {"completed_at": activity.ends_at} if state == activity.ending else {}
    return {
        "activity_id": activity.id,
        "state": state,
        **{name: iso(at) for name, at in times.items()},
        **({"source_file_name": activity.source_file_name} if header else {}),
        "percent_done": (
            100 * activity.done // activity.size
            if activity.size
            else 100 * (state == "completed")
        ),
        "activity_errors": activity.errors,
        "status": {
            "items_total_count": header + activity.size,
            "items_completed_count": (
                header + activity.done if "started_at" in times else 0
            ),
            **activity.counts,
        },
        "_links": {"self": {"href": f"/v3/activities/{activity.id}"}},
    }
