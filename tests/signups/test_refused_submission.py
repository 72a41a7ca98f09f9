"""What a press is refused for, told in words at its field."""

import pytest
from flask.testing import FlaskClient

from app.accounts import facts
from tests.signups.acting import asking, choosing, rows
from tests.signups.reading import error_of, form_token, ticked, value_of
from tests.world import ONE_DATABASE, World, text_fields

LIMITS = {
    "first_name": 50,
    "last_name": 50,
    "phone_number": 25,
    "company_name": 50,
    "job_title": 50,
}


@ONE_DATABASE
def test_a_value_over_the_providers_limit_is_told_at_its_field(
    world: World, visitor: FlaskClient
) -> None:
    form = asking(world, world.account())

    too_long = {
        field: world.press(
            visitor, form, email_address="zoe@example.com", **{field: "ł" * (most + 1)}
        )
        for field, most in LIMITS.items()
    }

    assert {answer.status_code for answer in too_long.values()} == {422}
    for field, most in LIMITS.items():
        page = too_long[field].text
        assert f"at most {most} characters" in (error_of(page, field) or "")
        assert value_of(page, field) == "ł" * (most + 1)
        assert value_of(page, "email_address") == "zoe@example.com"


def test_a_value_as_long_as_the_provider_takes_is_stored(
    world: World, visitor: FlaskClient
) -> None:
    form = asking(world, world.account())

    answer = world.press(
        visitor,
        form,
        email_address="zoe@example.com",
        **{field: "ł" * most for field, most in LIMITS.items()},
    )

    assert answer.status_code == 303


@ONE_DATABASE
def test_a_custom_value_over_the_providers_limit_is_told_at_its_field(
    world: World, visitor: FlaskClient
) -> None:
    account = world.account()
    form = asking(world, account)
    field = f"cf_{text_fields(account.id)[0].custom_field_id}"

    too_long = world.press(
        visitor, form, email_address="zoe@example.com", **{field: "x" * 256}
    )
    fits = world.press(
        visitor, form, email_address="zoe@example.com", **{field: "x" * 255}
    )

    assert too_long.status_code == 422
    assert "at most 255 characters" in (error_of(too_long.text, field) or "")
    assert fits.status_code == 303


NOT_ADDRESSES = [
    "",
    "zoe",
    "zoe@",
    "@example.com",
    "zoe@example",
    "zoe @example.com",
    "zoe@exa mple.com",
    "zoe@example..com",
    "zoe,max@example.com",
    "zoe@example.com, max@example.com",
    "<zoe@example.com>",
    "zoë@example.com",
    "зоя@example.com",
    "zoe@example.com\r\nBcc: max@example.com",
    "zoe\x00@example.com",
    "zo\u202ee@example.com",
    "zo\u200be@example.com",
    "zoe@[127.0.0.1]",
    '"zoe"@example.com',
    "z" * 65 + "@example.com",
]


@ONE_DATABASE
def test_what_is_no_address_is_refused_at_its_field(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    answers = {
        typed: world.press(visitor, form, email_address=typed, first_name="Zoë")
        for typed in NOT_ADDRESSES
    }

    assert [
        typed for typed, answer in answers.items() if answer.status_code != 422
    ] == []
    assert [
        typed
        for typed, answer in answers.items()
        if not error_of(answer.text, "email_address")
    ] == []
    assert {value_of(answer.text, "first_name") for answer in answers.values()} == {
        "Zoë"
    }
    assert rows() == []


ADDRESSES = {
    "zoe+news@example.com": "zoe+news@example.com",
    "  zoe.1@example.com ": "zoe.1@example.com",
    "ZOE@EXAMPLE.COM": "ZOE@example.com",
    "zoe@münchen.example.de": "zoe@xn--mnchen-3ya.example.de",
    "max@xn--mnchen-3ya.example.de": "max@xn--mnchen-3ya.example.de",
    "o'brien@example.com": "o'brien@example.com",
    "a" * 38 + "@example.com": "a" * 38 + "@example.com",
}


def test_an_address_is_stored_as_the_provider_takes_it(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    answers = [
        world.press(visitor, form, email_address=typed).status_code
        for typed in ADDRESSES
    ]

    assert set(answers) == {303}
    assert [row.email for row in rows()] == list(ADDRESSES.values())
    assert [row.person for row in rows()] == [
        stored.lower() for stored in ADDRESSES.values()
    ]


@ONE_DATABASE
def test_an_address_over_50_characters_is_refused(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    # the second once it is ASCII
    too_long = ["a" * 39 + "@example.com", "a" * 30 + "@" + "ü" * 12 + ".de"]

    answers = [world.press(visitor, form, email_address=typed) for typed in too_long]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert all(
        "at most 50 characters" in (error_of(answer.text, "email_address") or "")
        for answer in answers
    )
    assert [value_of(answer.text, "email_address") for answer in answers] == too_long


@ONE_DATABASE
def test_a_missing_required_answer_is_told_at_its_field(
    world: World, visitor: FlaskClient
) -> None:
    account = world.account()
    form = asking(world, account, required=True)
    custom = f"cf_{text_fields(account.id)[0].custom_field_id}"

    answer = world.press(
        visitor, form, email_address="zoe@example.com", first_name="   ", last_name="Ok"
    )

    assert answer.status_code == 422
    assert error_of(answer.text, "first_name") == "First name is required."
    assert error_of(answer.text, "last_name") is None
    assert error_of(answer.text, custom)
    assert value_of(answer.text, "last_name") == "Ok"


@ONE_DATABASE
def test_consent_must_be_given(world: World, visitor: FlaskClient) -> None:
    form = world.form(world.account())
    token = form_token(visitor.get(f"/f/{form.id}").text)

    answer = visitor.post(
        f"/f/{form.id}", data={"form_token": token, "email_address": "zoe@example.com"}
    )

    assert answer.status_code == 422
    assert error_of(answer.text, "consent")
    assert rows() == []


@ONE_DATABASE
@pytest.mark.parametrize(
    ("said", "agrees"), [("false", False), ("No", False), ("0", False), ("on", True)]
)
def test_only_a_ticked_box_is_consent(
    world: World, visitor: FlaskClient, said: str, agrees: bool
) -> None:
    form = world.form(world.account())

    answer = world.press(visitor, form, email_address="zoe@example.com", consent=said)

    assert (answer.status_code, len(rows())) == ((303, 1) if agrees else (422, 0))
    assert not ticked(answer.text, "y")


@ONE_DATABASE
@pytest.mark.parametrize("end", ["", "/embed"])
def test_the_privacy_policy_is_a_link_that_leaves_the_form_as_it_is(
    world: World, visitor: FlaskClient, end: str
) -> None:
    form = world.form(
        world.account(), privacy_url="https://bakery.example/privacy?a=1&b=2"
    )

    page = visitor.get(f"/f/{form.id}{end}").text

    assert (
        '<a href="https://bakery.example/privacy?a=1&amp;b=2" target="_blank"'
        ' rel="noopener">' in page
    )


@ONE_DATABASE
def test_nobody_ticks_the_consent_but_the_visitor(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    page = visitor.get(f"/f/{form.id}?consent=y&email_address=zoe@example.com").text

    assert not ticked(page, "y")


@ONE_DATABASE
def test_something_must_be_chosen_when_the_visitor_chooses(
    world: World, visitor: FlaskClient
) -> None:
    form = choosing(world)

    answer = world.press(visitor, form, email_address="zoe@example.com")

    assert answer.status_code == 422
    assert "Choose at least one" in (error_of(answer.text, "lists") or "")


@ONE_DATABASE
def test_what_was_chosen_stays_chosen(world: World, visitor: FlaskClient) -> None:
    form = choosing(world)
    first, second = form.lists[0]["list_id"], form.lists[1]["list_id"]

    answer = world.press(visitor, form, email_address="nonsense", lists=[second])

    assert answer.status_code == 422
    assert (ticked(answer.text, first), ticked(answer.text, second)) == (False, True)
    assert ticked(answer.text, "y")


@ONE_DATABASE
def test_a_list_of_another_form_is_refused(world: World, visitor: FlaskClient) -> None:
    form = choosing(world)
    foreign = facts.lists_of(form.account_id)[3].list_id

    answer = world.press(
        visitor,
        form,
        email_address="zoe@example.com",
        lists=[form.lists[0]["list_id"], foreign],
    )

    assert answer.status_code == 422
    assert error_of(answer.text, "lists")
    assert rows() == []
