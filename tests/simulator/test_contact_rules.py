"""What contacts may be written with, and the order of checks (contract 5.1, 9.2)."""

from typing import Any

import pytest

from .acting import INTERN, LIBRARY, Actor
from .writing import NOWHERE, create, email, put, seeded_id

WRONG: list[dict[str, Any]] = [
    {"email_address": "visitor@example.com"},
    {"email_address": {}},
    {"email_address": email("nobody")},
    {"email_address": email("e" * 69 + "@example.com")},
    {"email_address": email(permission="happy")},
    {"first_name": "x" * 51},
    {"birthday_month": 3},
    {"anniversary": "soon"},
    {"custom_fields": [{"custom_field_id": NOWHERE, "value": "x"}] * 26},
    {"custom_fields": [{"custom_field_id": NOWHERE, "value": "x" * 256}]},
    {"custom_fields": [{"custom_field_id": NOWHERE, "choice_ids": "000001"}]},
    {"phone_numbers": [{"phone_number": "1"}] * 4},
    {"phone_numbers": [{"phone_number": "1" * 26}]},
    {"phone_numbers": [{"kind": "home"}]},
    {"phone_numbers": [{"phone_number": "1", "kind": "fax"}]},
    {"street_addresses": [{"kind": "home"}] * 4},
    {"street_addresses": [{"street": "no kind"}]},
    {"list_memberships": [NOWHERE] * 51},
    {"list_memberships": ["x"]},
    {"taggings": [NOWHERE] * 51},
    {"notes": [{"content": "x"}] * 151},
    {"notes": [{"content": "x" * 2001}]},
    {"notes": [{}]},
    {"sms_channel": {"full_sms_address": "12", "sms_channel_consents": []}},
    {"sms_channel": {"full_sms_address": "17815551212"}},
    {"create_source": "Robot", "update_source": "Robot"},
]


@pytest.mark.parametrize("sent", WRONG)
def test_what_breaks_a_rule_is_a_400_array_on_both_routes(
    actor: Actor, sent: dict[str, Any]
) -> None:
    actor.granted()
    before = actor.contact("active@example.com")

    for response in (create(actor, **sent), put(actor, before["contact_id"], **sent)):
        assert response.status_code == 400, response.text
        assert response.json()[0]["error_key"] == "contacts.api.validation.error"
    assert actor.contact("active@example.com") == before
    assert (
        actor.get("/contacts", email="visitor@example.com", status="all").json()[
            "contacts"
        ]
        == []
    )


def test_as_much_as_is_allowed_is_taken(actor: Actor) -> None:
    actor.granted(LIBRARY)
    response = create(
        actor,
        "e" * 68 + "@example.com",
        phone_numbers=[{"phone_number": "1" * 25}] * 3,
        street_addresses=[{"kind": "other", "street": "x" * 255}] * 3,
        list_memberships=list(actor.running.state.accounts[LIBRARY].lists)[:50],
        notes=[{"content": "x" * 2000}] * 150,
    )

    assert response.status_code == 201
    assert len(response.json()["list_memberships"]) == 50


REFERENCES = [
    {"list_memberships": [NOWHERE]},
    {"taggings": [NOWHERE]},
    {"custom_fields": [{"custom_field_id": NOWHERE, "value": "x"}]},
]


@pytest.mark.parametrize("sent", REFERENCES)
def test_unknown_ids_are_not_found_by_put_and_invalid_in_post(
    actor: Actor, sent: dict[str, Any]
) -> None:
    actor.granted()
    updated = put(actor, seeded_id(actor, "active@example.com"), **sent)

    assert (updated.status_code, updated.json()[0]["error_key"]) == (
        404,
        "contacts.api.not_found",
    )
    assert create(actor, **sent).status_code == 400
    assert (
        actor.get("/contacts", email="visitor@example.com", status="all").json()[
            "contacts"
        ]
        == []
    )


def test_choices_are_those_of_the_field_and_one_where_one_is_to_be_chosen(
    actor: Actor,
) -> None:
    actor.granted()
    heard, interests = (
        actor.fields()[label] for label in ("How did you hear about us", "Interests")
    )

    def status(field_id: str, *choice_ids: str) -> int:
        sent = [{"custom_field_id": field_id, "choice_ids": list(choice_ids)}]
        return create(actor, None, first_name="Ada", custom_fields=sent).status_code

    assert status(heard, "2") == status(interests, "1", "3") == 201
    assert status(heard, "1", "2") == status(heard, "9") == 400
    assert status(actor.fields()["Nickname"], "1") == 400


WRITES = [
    ("POST", "/contacts", "contact_data"),
    ("PUT", f"/contacts/{NOWHERE}", "contact_data"),
    ("DELETE", f"/contacts/{NOWHERE}", "contact_data"),
    ("PUT", f"/contacts/resubscribe/{NOWHERE}", "contact_data"),
    ("POST", "/contact_lists", "contact_data"),
    ("POST", "/contact_custom_fields", "contact_data"),
    ("POST", "/contact_tags", "contact_data"),
    ("GET", "/contacts/counts", "contact_data"),
    ("GET", "/account/emails", "account_read"),
]


@pytest.mark.parametrize(("method", "path", "scope"), WRITES)
def test_token_scope_and_privilege_come_before_the_body(
    actor: Actor, method: str, path: str, scope: str
) -> None:
    other = {"contact_data": "account_read", "account_read": "contact_data"}[scope]
    unknown = actor.http.request(method, actor.url("/v3" + path), data="rubbish")
    unscoped = actor.granted(scopes=other).call(method, path, data="rubbish")
    creator = actor.granted(scopes="contact_data", login=INTERN).call(
        method, path, data="rubbish"
    )

    assert (unknown.status_code, unscoped.status_code, creator.status_code) == (
        401,
        403,
        403,
    )


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [write for write in WRITES if write[0] in ("POST", "PUT")],
)
def test_only_json_is_taken(actor: Actor, method: str, path: str, scope: str) -> None:
    declared = path in ("/contacts", "/contact_custom_fields")
    actor.granted(scopes=scope)

    assert actor.call(method, path, data="{}").status_code == (415 if declared else 400)
    assert (
        actor.call(
            method, path, data="{,}", headers={"Content-Type": "application/json"}
        ).status_code
        == 400
    )


def test_validation_comes_before_references_and_references_before_conflicts(
    actor: Actor,
) -> None:
    actor.granted()
    taken = email("implicit@example.com")
    contact_id = seeded_id(actor, "active@example.com")

    assert put(actor, NOWHERE, first_name="x" * 51).status_code == 400
    assert (
        put(
            actor, contact_id, email_address=taken, list_memberships=[NOWHERE]
        ).status_code
        == 404
    )
    assert put(actor, contact_id, email_address=taken).status_code == 409
