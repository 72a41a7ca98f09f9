"""Jobs about lists: some deleted, or contacts put on them (contract 5.2)."""

from typing import Any

from flask import Blueprint, Response

from app.simulator.api.bodies import json_object
from app.simulator.api.complaints import Complaints, without_nulls
from app.simulator.api.gate import Caller, gated
from app.simulator.api.imports.activities import shown
from app.simulator.api.imports.progress import begin
from app.simulator.api.imports.reading import Sent
from app.simulator.api.lists import active, known_list
from app.simulator.api.person_rules import check_ids, normal_ids
from app.simulator.api.references import unknown
from app.simulator.errors import answered, invalid
from app.simulator.models import Resource

routes = Blueprint("list_jobs", __name__)


@routes.delete("/v3/contact_lists/<list_id>")
@gated("contact_data", "contacts:lists:write")
def delete(caller: Caller, list_id: str) -> Response:
    """Deleting is a job; 202 says that it has begun."""
    item = known_list(caller.account, list_id)
    return answered(_delete(caller, [item["list_id"]]), 202)


@routes.post("/v3/activities/list_delete")
@gated("contact_data", "contacts:write")
def list_delete(caller: Caller) -> Response:
    body = without_nulls(json_object(declares_415=False))
    return answered(_delete(caller, _list_ids(caller, body)), 201)


def _delete(caller: Caller, list_ids: list[str]) -> Resource:
    rows = [{"list_id": list_id} for list_id in list_ids]
    sent = Sent(rows, list_ids, "not_set")
    activity = begin(caller, sent, "list_delete")
    return shown(activity, activity.created_at)


@routes.post("/v3/activities/add_list_memberships")
@gated("contact_data", "contacts:write")
def add_list_memberships(caller: Caller) -> Response:
    """Put people on lists, of whom `source` says who they are, in one of four ways."""
    body = without_nulls(json_object(declares_415=False))
    list_ids = _list_ids(caller, body)
    rows = [{"contact_id": each} for each in _people(caller, body.get("source"))]
    sent = Sent(rows, list_ids, "not_set")
    activity = begin(caller, sent, "add_list_memberships")
    return answered(shown(activity, activity.created_at), 201)


def _people(caller: Caller, source: Any) -> list[str]:
    contacts = caller.account.contacts
    match source:
        case {"contact_ids": list(ids)}:
            return [str(id).lower() for id in ids if str(id).lower() in contacts]
        case {"list_ids": list(ids)}:
            wanted = {str(id).lower() for id in ids}
            return [
                id
                for id, contact in contacts.items()
                if wanted & set(contact["list_memberships"])
            ]
        case {"all_active_contacts": True}:
            return [id for id, contact in contacts.items() if active(contact)]
        case {"tag_ids": list(ids)}:
            wanted = {str(id).lower() for id in ids}
            return [
                id
                for id, contact in contacts.items()
                if wanted & set(contact["taggings"])
            ]
    raise invalid("source does not have a valid value")


def _list_ids(caller: Caller, body: Resource) -> list[str]:
    complaints = Complaints()
    if not complaints.missing(body, "list_ids"):
        check_ids(complaints, body, "list_ids")
        complaints.extend(["list_ids is empty"] if body["list_ids"] == [] else [])
    if complaints:
        raise invalid(*complaints)
    ids = normal_ids(body["list_ids"])
    if problem := unknown(caller.account, {"list_memberships": ids}):
        raise invalid(problem)
    return ids
