"""The addresses an account sends from."""

from typing import Any

import pytest

from .acting import Actor


def addresses(actor: Actor, **params: Any) -> list[str]:
    return [
        email["email_address"]
        for email in actor.get("/account/emails", **params).json()
    ]


def test_an_account_has_confirmed_and_unconfirmed_addresses_with_roles(
    actor: Actor,
) -> None:
    owner, news, hello = actor.granted().get("/account/emails").json()

    assert owner["email_address"] == "nora@mapleandrye.example"
    assert owner["confirm_status"] == "CONFIRMED"
    assert {"CONTACT", "DEFAULT_FROM"} <= set(owner["roles"])
    assert owner["confirm_time"].endswith(".000+0000")
    assert news["roles"] == ["OTHER"]
    assert (hello["confirm_status"], hello["pending_roles"]) == (
        "UNCONFIRMED",
        ["REPLY_TO"],
    )
    assert "confirm_time" not in hello


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"confirm_status": "CONFIRMED"}, ["nora", "news"]),
        ({"confirm_status": "U"}, ["hello"]),
        ({"role_code": "REPLY_TO"}, ["nora"]),
        ({"role_code": "O"}, ["news"]),
        ({"role_code": "J"}, []),
        ({"email_address": "HELLO@mapleandrye.example"}, ["hello"]),
        ({"email_address": "nobody@mapleandrye.example"}, []),
    ],
)
def test_one_filter_narrows_them(
    actor: Actor, params: dict[str, str], found: list[str]
) -> None:
    assert addresses(actor.granted(), **params) == [
        f"{name}@mapleandrye.example" for name in found
    ]


@pytest.mark.parametrize(
    "params",
    [
        {"confirm_status": "maybe"},
        {"role_code": "BOSS"},
        {"confirm_status": "C", "email_address": "x@example.com"},
    ],
)
def test_an_unknown_word_or_a_second_filter_is_a_400_array(
    actor: Actor, params: dict[str, str]
) -> None:
    response = actor.granted().get("/account/emails", **params)

    assert response.status_code == 400
    assert response.json()[0]["error_key"] == "contacts.api.validation.error"
