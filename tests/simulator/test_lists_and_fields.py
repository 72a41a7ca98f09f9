"""Lists, custom fields and account details."""

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from .acting import BAKERY, LIBRARY, Actor


def test_120_lists_are_paged_to_the_end(actor: Actor) -> None:
    actor.granted(LIBRARY)
    path, pages = "/v3/contact_lists", []
    while path:
        pages.append(actor.call("GET", path.removeprefix("/v3")).json())
        path = pages[-1].get("_links", {}).get("next", {}).get("href", "")

    ids = [item["list_id"] for page in pages for item in page["lists"]]
    assert [len(page["lists"]) for page in pages] == [50, 50, 20]
    assert len(set(ids)) == 120


def test_the_next_link_is_a_path_with_a_cursor_of_base64(actor: Actor) -> None:
    href = (
        actor.granted(LIBRARY)
        .get("/contact_lists", limit=1)
        .json()["_links"]["next"]["href"]
    )
    cursor = parse_qs(urlsplit(href).query)["cursor"][0]

    assert href.startswith("/v3/contact_lists?limit=1&cursor=")
    assert base64.b64decode(cursor).startswith(b"limit=1&next=")


def test_a_last_page_that_is_exactly_full_has_no_link(actor: Actor) -> None:
    body = actor.granted(LIBRARY).get("/contact_lists", limit=120).json()

    assert len(body["lists"]) == 120
    assert "_links" not in body


def test_a_thousand_lists_may_be_asked_for_but_not_more(actor: Actor) -> None:
    actor.granted()

    assert actor.get("/contact_lists", limit=1000).status_code == 200
    assert actor.get("/contact_lists", limit=1001).status_code == 400


def test_lists_are_found_by_full_name_and_status(actor: Actor) -> None:
    def names(**params: Any) -> list[str]:
        return [
            item["name"]
            for item in actor.get("/contact_lists", **params).json()["lists"]
        ]

    actor.granted()

    assert names(name="Newsletter") == ["Newsletter"]
    assert names(name="News") == []
    assert "Old Newsletter" not in names()
    assert names(status="deleted") == ["Old Newsletter"]
    assert len(names(status="all")) == 5


def test_lists_are_counted_and_their_members_too(actor: Actor) -> None:
    actor.granted().sign_up()
    actor.control(
        "contacts", {"account": BAKERY, "email": "x@example.com", "status": "explicit"}
    )
    counted = actor.get(
        "/contact_lists", include_count="true", include_membership_count="all"
    ).json()
    before = counted["lists"][0]["membership_count"]
    actor.sign_up("another@example.com")
    after = actor.get(
        f"/contact_lists/{actor.first_list()}", include_membership_count="active"
    ).json()

    assert counted["lists_count"] == 4
    assert after["membership_count"] == before + 1


@pytest.mark.parametrize("list_id", ["x", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_list_is_not_found(actor: Actor, list_id: str) -> None:
    assert actor.granted().get(f"/contact_lists/{list_id}").status_code == 404


def test_custom_fields_have_every_type_and_choices(actor: Actor) -> None:
    fields = (
        actor.granted().get("/contact_custom_fields", limit=100).json()["custom_fields"]
    )
    by_type = {item["type"]: item for item in fields}

    assert set(by_type) == {
        "string", "text_area", "number", "currency", "date", "datetime", "boolean", "single_select", "multi_select",
    }  # fmt: skip
    assert by_type["single_select"]["choices"][0]["choice_label"] == "A friend"
    assert by_type["date"]["name"] == "member_since"


def test_custom_fields_are_paged(actor: Actor) -> None:
    actor.granted()
    first = actor.get("/contact_custom_fields", limit=5).json()
    second = actor.call(
        "GET", first["_links"]["next"]["href"].removeprefix("/v3")
    ).json()

    assert (len(first["custom_fields"]), len(second["custom_fields"])) == (5, 4)
    assert "_links" not in second
    assert actor.get("/contact_custom_fields", limit=101).status_code == 400


def test_the_summary_names_the_account_and_extras_come_on_request(actor: Actor) -> None:
    plain = actor.granted().get("/account/summary").json()
    full = actor.get(
        "/account/summary", extra_fields="physical_address,company_logo"
    ).json()

    assert (plain["encoded_account_id"], plain["organization_name"]) == (
        BAKERY,
        "Maple & Rye Bakery",
    )
    assert set(full) - set(plain) == {"physical_address", "company_logo"}
    assert actor.get("/account/summary", extra_fields="secrets").status_code == 400


def test_an_owner_has_the_privileges_a_sign_up_form_needs(actor: Actor) -> None:
    names = {
        item["privilege_name"]
        for item in actor.granted().get("/account/user/privileges").json()
    }

    assert {
        "contacts:write",
        "contacts:lists:read",
        "contacts:read",
        "account:read",
    } <= names
