"""Routes that public clients use and Latchkey does not."""

from collections.abc import Callable

from .acting import ROTATING, SCOPES, Actor


def list_ids(actor: Actor) -> dict[str, str]:
    lists = actor.get("/contact_lists").json()["lists"]
    return {each["name"]: each["list_id"] for each in lists}


def test_a_list_is_renamed_and_what_is_left_out_is_emptied(actor: Actor) -> None:
    id = list_ids(actor.granted())["Newsletter"]
    answer = actor.call("PUT", f"/contact_lists/{id}", json={"name": "Monthly letter"})

    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["description"]) == (
        "Monthly letter",
        "",
    )
    assert list_ids(actor)["Monthly letter"] == id


def test_two_lists_have_no_name_in_common(actor: Actor) -> None:
    ids = list_ids(actor.granted())
    path = f"/contact_lists/{ids['Newsletter']}"

    assert actor.call("PUT", path, json={"name": "Baking Classes"}).status_code == 409
    assert actor.call("PUT", path, json={"name": "Newsletter"}).status_code == 200


def test_deleting_a_list_is_a_job(actor: Actor) -> None:
    id = list_ids(actor.granted())["Newsletter"]
    begun = actor.call("DELETE", f"/contact_lists/{id}")
    before = list_ids(actor)
    actor.clock.advance(60)
    ended = actor.get(f"/activities/{begun.json()['activity_id']}").json()

    assert (begun.status_code, begun.json()["state"]) == (202, "initialized")
    assert "Newsletter" in before
    assert "Newsletter" not in list_ids(actor)
    assert ended["state"] == "completed"
    assert actor.call("DELETE", f"/contact_lists/{id}").status_code == 404


def test_several_lists_are_deleted_by_one_job(actor: Actor) -> None:
    ids = list_ids(actor.granted())
    both = [ids["Newsletter"], ids["Baking Classes"]]
    begun = actor.call("POST", "/activities/list_delete", json={"list_ids": both})
    actor.clock.advance(60)

    assert begun.status_code == 201
    assert (
        actor.get(f"/activities/{begun.json()['activity_id']}").json()["status"][
            "items_total_count"
        ]
        == 2
    )
    assert {"Newsletter", "Baking Classes"}.isdisjoint(list_ids(actor))


def test_contacts_are_put_on_lists_by_a_job(actor: Actor) -> None:
    id = list_ids(actor.granted())["Wholesale Customers"]
    contacts = [
        actor.contact(email)["contact_id"]
        for email in ("active@example.com", "opted-out@example.com")
    ]
    sent = {"source": {"contact_ids": contacts}, "list_ids": [id]}
    begun = actor.call("POST", "/activities/add_list_memberships", json=sent)
    actor.clock.advance(60)
    ended = actor.get(f"/activities/{begun.json()['activity_id']}").json()

    assert begun.status_code == 201
    assert id in actor.contact("active@example.com")["list_memberships"]
    assert ended["status"]["person_count"] == 1
    assert ended["status"]["cannot_add_to_list_count"] == 1


def test_old_ids_lead_to_new_ones(actor: Actor) -> None:
    ids = list(list_ids(actor.granted()).values())
    lists = actor.get("/contact_lists/list_id_xrefs", sequence_ids="1,99999").json()
    people = actor.get("/contacts/contact_id_xrefs", sequence_ids="2").json()

    assert [each["sequence_id"] for each in lists["xrefs"]] == ["1"]
    assert lists["xrefs"][0]["list_id"] in ids
    assert [each["sequence_id"] for each in people["xrefs"]] == ["2"]
    bad = actor.get("/contact_lists/list_id_xrefs", sequence_ids="x")
    assert bad.status_code == 400


def test_segments_are_listed_and_read(actor: Actor) -> None:
    segments = actor.granted().get("/segments").json()["segments"]

    assert [each["segment_id"] for each in segments] == [1, 2]
    assert actor.get("/segments/2").json() == segments[1]
    assert actor.get("/segments/3").status_code == 404


def test_campaigns_need_a_scope_of_their_own(actor: Actor) -> None:
    without = actor.granted().get("/emails").status_code
    actor.bearer = actor.connect(ROTATING, scope=f"campaign_data {SCOPES}")[
        "access_token"
    ]
    campaigns = actor.get("/emails").json()["campaigns"]

    assert without == 403
    assert [each["name"] for each in campaigns] == ["Spring news", "Summer news"]


def test_one_custom_field_and_the_accounts_street_are_read(actor: Actor) -> None:
    fields = actor.granted().get("/contact_custom_fields").json()["custom_fields"]
    first = fields[0]

    assert (
        actor.get(f"/contact_custom_fields/{first['custom_field_id']}").json() == first
    )
    assert actor.get("/contact_custom_fields/x").status_code == 404
    assert actor.get("/account/summary/physical_address").json()["city"]


def test_choices_are_numbered(actor: Actor) -> None:
    fields = actor.granted().get("/contact_custom_fields").json()["custom_fields"]
    ids = [choice["choice_id"] for each in fields for choice in each.get("choices", [])]

    assert ids
    assert all(type(id) is int for id in ids)


def test_a_count_may_be_asked_for_by_a_1(actor: Actor) -> None:
    actor.granted()

    assert "contacts_count" in actor.get("/contacts", include_count="1").json()
    assert "contacts_count" not in actor.get("/contacts", include_count="0").json()


def test_a_number_for_text_messages_may_be_asked_for(actor: Actor) -> None:
    found = actor.granted().get(
        "/contacts", email="neighbour2@example.org", include="sms_channel"
    )

    assert found.status_code == 200
    assert found.json()["contacts"][0]["sms_channel"]["sms_address"]


def test_the_words_of_a_conflict_may_begin_as_in_2022(
    started: Callable[..., Actor],
) -> None:
    actor = started(conflict_prefix=True).granted()
    sent = {
        "email_address": {"address": "active@example.com"},
        "create_source": "Contact",
    }
    answer = actor.call("POST", "/contacts", json=sent)

    assert answer.status_code == 409
    assert answer.json()[0]["error_message"].startswith(
        "Validation failed: Email already exists for contact "
    )
