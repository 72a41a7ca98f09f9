"""The order of checks on the API, and what each refusal looks like."""

from typing import Any

import pytest

from .acting import BAKERY, INTERN, ROTATING, Actor

FORBIDDEN = {
    "error_key": "access_denied",
    "error_message": "Request forbidden due to insufficient user privileges.",
}


def test_the_route_is_checked_before_the_token(actor: Actor) -> None:
    nowhere = actor.http.get(actor.url("/v3/nothing/here"))
    outside = actor.http.get(actor.url("/v2/contacts"))

    assert nowhere.status_code == 404
    assert isinstance(nowhere.json(), list)
    assert (outside.status_code, outside.json()) == (403, {"message": "Forbidden"})


def test_the_token_is_checked_before_the_body(actor: Actor) -> None:
    assert (
        actor.http.post(
            actor.url("/v3/contacts/sign_up_form"), data="rubbish"
        ).status_code
        == 401
    )


def test_the_throttle_comes_before_scope_and_body(actor: Actor) -> None:
    actor.granted(scopes="account_read")
    actor.control("limits", {"calls_per_second": 1})
    statuses = [
        actor.call("POST", "/contacts/sign_up_form", data="rubbish").status_code
        for _ in range(2)
    ]

    assert statuses == [403, 429]


def test_scope_and_privilege_come_before_the_content_type(actor: Actor) -> None:
    for granted in ({"scopes": "account_read"}, {"login": INTERN}):
        response = actor.granted(**granted).call(
            "POST", "/contacts/sign_up_form", data="rubbish"
        )

        assert (response.status_code, response.json()) == (403, FORBIDDEN)


def test_the_content_type_comes_before_the_body(actor: Actor) -> None:
    actor.granted()
    for headers in ({"Content-Type": "text/plain"}, {}):
        response = actor.call(
            "POST", "/contacts/sign_up_form", data=b"rubbish", headers=headers
        )

        assert response.status_code == 415
        assert isinstance(response.json(), list)


def test_a_charset_beside_the_content_type_is_fine(actor: Actor) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}

    assert (
        actor.granted()
        .call("POST", "/contacts/sign_up_form", data=b"{}", headers=headers)
        .status_code
        == 400
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{,}",
        b'{"a": 1,}',
        b"[]",
        b'"text"',
        b"\xff\xfe{}",
        b'{"a": NaN}',
        b'{"a": "\\ud83d"}',
        b"[" * 100_000,
    ],
)
def test_malformed_json_is_a_400_array(actor: Actor, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = actor.granted().call(
        "POST", "/contacts/sign_up_form", data=body, headers=headers
    )

    assert response.status_code == 400
    assert response.json()[0]["error_key"] == "contacts.api.validation.error"


def test_validation_comes_before_references_and_references_before_conflicts(
    actor: Actor,
) -> None:
    actor.granted()
    nowhere = "00000000-0000-4000-8000-000000000000"
    actor.running.simulator.writing.add((BAKERY, "visitor@example.com"))

    assert (
        actor.sign_up(first_name="x" * 51, list_memberships=[nowhere]).status_code
        == 400
    )
    assert actor.sign_up(list_memberships=[nowhere]).status_code == 404
    assert actor.sign_up().status_code == 409


def test_each_route_wants_its_scope(actor: Actor) -> None:
    def statuses(scopes: str) -> dict[str, int]:
        actor.granted(scopes=scopes)
        paths = (
            "/account/summary",
            "/contact_lists",
            "/contact_custom_fields",
            "/contacts",
            "/account/user/privileges",
        )
        return {path: actor.get(path).status_code for path in paths}

    lists = {"/contact_lists": 200, "/contact_custom_fields": 200, "/contacts": 200}
    assert statuses("contact_data") == {
        "/account/summary": 403,
        **lists,
        "/account/user/privileges": 200,
    }
    assert statuses("account_read") == {
        "/account/summary": 200,
        **dict.fromkeys(lists, 403),
        "/account/user/privileges": 200,
    }


def test_a_campaign_creator_sees_lists_but_no_contacts(actor: Actor) -> None:
    actor.granted(login=INTERN)
    names = {
        item["privilege_name"] for item in actor.get("/account/user/privileges").json()
    }

    assert "contacts:lists:read" in names
    assert "contacts:write" not in names
    assert actor.get("/contact_lists").status_code == 200
    assert actor.get("/contacts").status_code == 403
    assert actor.get("/contact_custom_fields").status_code == 403


def test_a_role_may_change_while_connected(actor: Actor) -> None:
    actor.granted(login=INTERN)
    actor.control("logins", {"login": INTERN, "role": "account_manager"})

    assert actor.sign_up().status_code == 201


def test_a_switched_off_app_is_forbidden(actor: Actor) -> None:
    actor.granted()
    actor.control("apps", {"client_id": ROTATING[0], "active": False})

    assert actor.get("/contact_lists").status_code == 403
    assert actor.refresh("x").json()["error"] == "invalid_client"


def test_answers_carry_the_gateways_headers(actor: Actor) -> None:
    def headers(response: Any) -> Any:
        return response.headers

    good, bad = (
        headers(actor.granted().get("/contact_lists")),
        headers(actor.http.get(actor.url("/v3/contact_lists"))),
    )

    for each in (good, bad):
        assert len(each["x-amzn-RequestId"]) == 36
        assert each["Access-Control-Allow-Origin"] == "*"
        assert each["x-eig-tracking-id"] == ""
        assert each["Content-Type"] == "application/json"
        assert not [
            name
            for name in each
            if "rate" in name.lower() or name.lower() == "retry-after"
        ]
    assert bad["X-Cache"] == "Error from cloudfront"
    assert good["x-amzn-RequestId"] != bad["x-amzn-RequestId"]
