"""The provider's own client, generated from its own description, gets on with the
simulator: only the host differs.

What it cannot do, and so is asked for by hand elsewhere: it has no `cursor`, so it
reads first pages only; it sends every import row's custom field as
`cf:custom_field_name`; it knows neither `/token_info` nor OAuth.
"""

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .acting import BAKERY, LIBRARY, Actor
from .openapi_check import _spec


@pytest.fixture(scope="module")
def official() -> ModuleType:
    """The client itself, loaded by who needs it: that takes three seconds."""
    return importlib.import_module("constant_contact_api_client")


@pytest.fixture
def client(actor: Actor, official: Any) -> Iterator[Any]:
    """The official client, connected for the bakery."""
    yield from connected(official, actor.granted())


@pytest.fixture
def library(actor: Actor, official: Any) -> Iterator[Any]:
    """The official client, connected for the account with many lists."""
    yield from connected(official, actor.granted(LIBRARY))


def connected(official: Any, actor: Actor) -> Iterator[Any]:
    client = official.ApiClient(
        official.Configuration(host=actor.url("/v3"), access_token=actor.bearer)
    )
    yield client
    client.rest_client.pool_manager.clear()


def seeded(actor: Actor, address: str = "active@example.com") -> str:
    return str(actor.contact(address)["contact_id"])


# -- account


def test_the_account_is_read(client: Any, official: Any) -> None:
    account = official.AccountServicesApi(client).get_account_details(
        extra_fields="physical_address,company_logo"
    )

    assert account.organization_name == "Maple & Rye Bakery"
    assert account.encoded_account_id == BAKERY
    assert account.physical_address
    assert account.physical_address.country_code


def test_sender_addresses_are_read(client: Any, official: Any) -> None:
    addresses = official.AccountServicesApi(client).get_all_account_email_addresses(
        confirm_status="CONFIRMED"
    )

    assert {address.confirm_status for address in addresses} == {"CONFIRMED"}
    assert all("@" in (address.email_address or "") for address in addresses)


def test_privileges_are_read(client: Any, official: Any) -> None:
    privileges = official.AccountServicesApi(client).get_user_privileges()

    assert "contacts:write" in {each.privilege_name for each in privileges}
    assert all(isinstance(each.privilege_id, int) for each in privileges)


# -- contacts


def test_somebody_signs_up_and_again(client: Any, official: Any, actor: Actor) -> None:
    sent = {
        "email_address": "visitor@example.com", "first_name": "Ada", "list_memberships": [actor.first_list()],
        "custom_fields": [{"custom_field_id": actor.fields()["Nickname"], "value": "Countess"}],
        "street_address": {"kind": "home", "city": "London"}, "birthday_month": 12, "birthday_day": 10,
    }  # fmt: skip
    contacts = official.ContactsApi(client)
    created, updated = (
        contacts.create_or_update_contact(sent),
        contacts.create_or_update_contact(sent),
    )

    assert (created.action, updated.action) == ("created", "updated")
    assert (
        created.contact_id == updated.contact_id == seeded(actor, "visitor@example.com")
    )


def test_contacts_are_searched(client: Any, official: Any, actor: Actor) -> None:
    found = official.ContactsApi(client).get_all_contacts(
        status="all",
        include="list_memberships,custom_fields",
        include_count=True,
        limit=5,
    )

    assert found.contacts
    assert len(found.contacts) == 5
    assert found.contacts_count == len(actor.running.state.accounts[BAKERY].contacts)
    assert found.links
    assert found.contacts[0].created_at
    assert found.contacts[0].list_memberships


def test_a_contact_is_read(client: Any, official: Any, actor: Actor) -> None:
    contact = official.ContactsApi(client).get_contact_by_id(
        seeded(actor), include="list_memberships"
    )

    assert contact.email_address
    assert contact.email_address.address == "active@example.com"
    assert contact.email_address.opt_in_date
    assert contact.list_memberships == [actor.first_list()]


def test_a_contact_is_created(client: Any, official: Any, actor: Actor) -> None:
    made = official.ContactsApi(client).create_contact({
        "email_address": {"address": "made@example.com", "permission_to_send": "implicit"}, "first_name": "Ada",
        "create_source": "Account", "list_memberships": [actor.first_list()],
        "phone_numbers": [{"phone_number": "555", "kind": "home"}],
    })  # fmt: skip

    assert made.contact_id == seeded(actor, "made@example.com")
    assert made.phone_numbers
    assert made.phone_numbers[0].kind == "home"


def test_a_contact_is_replaced(client: Any, official: Any, actor: Actor) -> None:
    changed = official.ContactsApi(client).update_contact(
        seeded(actor),
        {
            "email_address": {"address": "active@example.com"},
            "first_name": "Ada",
            "update_source": "Account",
        },
    )

    assert (changed.first_name, changed.last_name) == ("Ada", None)


def test_a_contact_is_deleted(client: Any, official: Any, actor: Actor) -> None:
    official.ContactsApi(client).delete_contact(seeded(actor))

    assert actor.contact("active@example.com")["deleted_at"]


def test_contacts_are_counted(client: Any, official: Any) -> None:
    counts = official.ContactsApi(client).get_contact_counts()

    assert counts.total
    assert counts.total >= (counts.explicit or 0) > 0


def test_who_unsubscribed_is_asked_back(
    client: Any, official: Any, actor: Actor
) -> None:
    official.ContactsApi(client).resubscribe_contact(
        seeded(actor, "opted-out@example.com"), {"list_ids": [actor.first_list()]}
    )

    assert (
        seeded(actor, "opted-out@example.com")
        in actor.running.state.accounts[BAKERY].asked_back
    )


# -- lists, custom fields, tags


def test_lists_are_read(library: Any, official: Any) -> None:
    found = official.ContactListsApi(library).get_all_lists(
        limit=500, include_count=True, include_membership_count="all"
    )

    assert found.lists_count == len(found.lists or []) == 120
    assert found.lists
    assert isinstance(found.lists[0].membership_count, int)


def test_the_first_page_of_lists_names_the_next(library: Any, official: Any) -> None:
    found = official.ContactListsApi(library).get_all_lists(limit=50)

    assert found.links
    assert found.links.next
    assert str(found.links.next.href).startswith("/v3/contact_lists?limit=50&cursor=")


def test_a_list_is_read(client: Any, official: Any, actor: Actor) -> None:
    found = official.ContactListsApi(client).get_list(
        actor.first_list(), include_membership_count="active"
    )

    assert found.list_id == actor.first_list()
    assert isinstance(found.membership_count, int)


def test_a_list_is_created(client: Any, official: Any) -> None:
    made = official.ContactListsApi(client).create_list(
        {"name": "Made", "description": "By hand", "favorite": True}
    )

    assert (made.name, made.favorite) == ("Made", True)
    assert made.list_id


def test_custom_fields_are_read(client: Any, official: Any) -> None:
    # It takes the id of a choice for a number, which its own example 9A63BC is not:
    # fields with choices come last.
    fields = (
        official.ContactsCustomFieldsApi(client)
        .get_all_custom_fields(limit=7)
        .custom_fields
        or []
    )

    assert {"string", "number", "date"} <= {field.type for field in fields}
    assert all(field.custom_field_id for field in fields)


def test_a_custom_field_is_created(client: Any, official: Any) -> None:
    made = official.ContactsCustomFieldsApi(client).create_custom_fields(
        {"label": "Shoe size", "type": "string"}
    )

    assert (made.label, made.name, made.type) == ("Shoe size", "shoe_size", "string")


def test_tags_are_created_and_read(client: Any, official: Any) -> None:
    tags = official.ContactTagsApi(client)
    made = tags.post_tag({"name": "Regulars"})
    found = tags.get_all_tags(limit=500, include_count=True).tags or []

    assert made.tag_id in {tag.tag_id for tag in found}


# -- bulk imports


def test_people_are_imported(client: Any, official: Any, actor: Actor) -> None:
    jobs = official.BulkActivitiesApi(client)
    started = jobs.create_import_json_activity({
        "import_data": [{"email": "a@example.com", "home country": "UK"}, {"email": "nobody"}],
        "list_ids": [actor.first_list()],
    })  # fmt: skip
    actor.clock.advance(60)
    ended = jobs.get_activity_by_id(started.activity_id)

    assert (started.state, ended.state, ended.percent_done) == (
        "initialized",
        "completed",
        100,
    )
    assert ended.status
    assert (ended.status.person_count, ended.status.correctable_count) == (1, 1)
    assert ended.completed_at
    assert actor.contact("a@example.com")["street_addresses"][0]["country"] == "UK"


def test_a_file_is_imported_and_the_jobs_are_listed(
    client: Any, official: Any, actor: Actor, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email,first_name\na@example.com,Ada\n")
    jobs = official.BulkActivitiesApi(client)
    started = jobs.create_csv_import_activity(str(file), actor.first_list())
    actor.clock.advance(60)
    listed = jobs.get_all_activities(limit=10, state="completed").activities or []

    assert [job.activity_id for job in listed] == [started.activity_id]
    assert listed[0].source_file_name == "people.csv"
    assert actor.contact("a@example.com")["first_name"] == "Ada"


# -- trouble


def test_an_expired_token_is_its_own_error(
    client: Any, official: Any, actor: Actor
) -> None:
    actor.clock.advance(86_400)
    with pytest.raises(official.exceptions.UnauthorizedException) as caught:
        official.ContactListsApi(client).get_all_lists()

    assert (
        caught.value.body
        == '{"error_key":"unauthorized","error_message":"Unauthorized"}'
    )


def test_a_conflict_is_an_error_with_the_answers_body(
    client: Any,
    official: Any,
) -> None:
    known = {
        "email_address": {"address": "active@example.com"},
        "create_source": "Account",
    }
    with pytest.raises(official.ApiException) as caught:
        official.ContactsApi(client).create_contact(known)

    assert caught.value.status == 409
    assert "contacts.api.conflict" in caught.value.body


# -- what Latchkey does without


def test_the_street_of_the_account_is_read(client: Any, official: Any) -> None:
    address = official.AccountServicesApi(client).get_account_physical_address()

    assert address.country_code


def test_a_list_is_renamed_and_deleted(client: Any, official: Any) -> None:
    lists = official.ContactListsApi(client)
    id = str(lists.get_all_lists().lists[0].list_id)
    renamed = lists.update_list(id, {"name": "Monthly letter"})
    job = lists.delete_list(id)

    assert renamed.name == "Monthly letter"
    assert job.activity_id


def test_lists_are_deleted_and_filled_by_jobs(
    client: Any, official: Any, actor: Actor
) -> None:
    jobs = official.BulkActivitiesApi(client)
    sent = {
        "source": {"contact_ids": [seeded(actor)]},
        "list_ids": [actor.first_list()],
    }
    filled = jobs.create_list_add_activity(sent)
    deleted = jobs.create_list_delete_activity({"list_ids": [actor.first_list()]})

    assert filled.activity_id != deleted.activity_id


def test_old_ids_lead_to_new_ones(client: Any, official: Any) -> None:
    lists = official.ContactListsApi(client).get_list_id_xrefs("1")
    people = official.ContactsApi(client).get_contact_id_xrefs("1")

    assert lists
    assert people


def test_segments_and_one_field_are_read(client: Any, official: Any) -> None:
    segments = official.SegmentsApi(client)
    fields = official.ContactsCustomFieldsApi(client)
    id = str(fields.get_all_custom_fields().custom_fields[0].custom_field_id)

    assert segments.get_all_segments().segments
    assert segments.get_segment_by_id(1).name
    assert fields.get_custom_field(id).label


def test_the_choices_of_a_field_are_read(client: Any, official: Any) -> None:
    fields = official.ContactsCustomFieldsApi(client).get_all_custom_fields()
    choices = [one for each in fields.custom_fields for one in each.choices or ()]

    assert {type(one.choice_id) for one in choices} == {int}


def test_campaigns_are_read(actor: Actor, official: Any) -> None:
    actor.bearer = actor.connect(scope="campaign_data offline_access")["access_token"]
    for client in connected(official, actor):
        found = official.EmailCampaignsApi(client).get_all_email_campaigns()

        assert found.campaigns


# -- nothing left out


def offered(official: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    """Every call of the client: its name, the HTTP method and the path."""
    for room in (
        each
        for name, each in vars(official).items()
        if name.endswith("Api") and inspect.isclass(each)
    ):
        for name, function in inspect.getmembers(room, inspect.isfunction):
            if name.endswith("_serialize"):
                found = re.search(
                    r"method='(\w+)',\s*resource_path='([^']+)'",
                    inspect.getsource(function),
                )
                assert found, name
                yield name[1:].removesuffix("_serialize"), (found[1].lower(), found[2])


def test_every_call_that_the_simulator_answers_is_made_here(official: Any) -> None:
    ours = {
        path: item for path, item in _spec()["paths"].items() if "servers" not in item
    }
    served = {
        (method, path)
        for path, item in ours.items()
        for method in item
        if method != "parameters"
    }
    made = Path(__file__).read_text()
    calls = dict(offered(official))

    assert [
        name
        for name, call in calls.items()
        if call in served and f".{name}(" not in made
    ] == []
    assert served - set(calls.values()) == {("post", "/token_info")}
