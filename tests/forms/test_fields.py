"""What a form can ask is read from its saved fields; old entries, with a label and
nothing else, go on working.
"""

from flask import Flask

from app.forms.answer_text import said
from app.forms.fields import CUSTOM_TYPES, DISPLAYS, STANDARD, questions
from tests.world import ONE_DATABASE

ID = "5c3b1c2e-0000-4000-8000-000000000001"


def custom(**saved: object) -> dict[str, object]:
    return {
        "key": f"cf_{ID}",
        "custom_field_id": ID,
        "label": "More",
        "required": False,
        **saved,
    }


def test_a_field_that_was_saved_before_there_were_types_asks_for_a_line_of_text() -> (
    None
):
    [nickname, name] = questions(
        [
            custom(label="Nickname"),
            {"key": "first_name", "label": "First name", "required": True},
        ]
    )

    assert (nickname.name, nickname.type, nickname.most, nickname.autocomplete) == (
        f"cf_{ID}",
        "string",
        255,
        "off",
    )
    assert (nickname.help, nickname.default, nickname.hidden, nickname.choices) == (
        "",
        "",
        False,
        (),
    )
    assert (name.name, name.type, name.most, name.required) == (
        "first_name",
        "text",
        50,
        True,
    )


def test_every_standard_property_and_every_type_is_a_question() -> None:
    asked = questions(
        [
            *({"key": key, "label": key, "required": False} for key in STANDARD),
            *(custom(type=type) for type in CUSTOM_TYPES),
        ]
    )

    assert [one.type for one in asked if not one.custom_field_id] == [
        known.type for known in STANDARD.values()
    ]
    assert [one.type for one in asked if one.custom_field_id] == list(CUSTOM_TYPES)


def test_a_display_that_a_type_does_not_have_becomes_its_usual_one() -> None:
    shown = {
        type: [
            one.display
            for one in questions(
                custom(type=type, display=display)
                for display in ("dropdown", "radio", "checkbox", "", None)
            )
        ]
        for type in DISPLAYS
    }

    assert shown == {
        "single_select": ["dropdown", "radio", "dropdown", "dropdown", "dropdown"],
        "multi_select": ["checkbox"] * 5,
        "boolean": ["dropdown", "radio", "checkbox", "checkbox", "checkbox"],
    }


def test_a_hidden_field_is_never_required_and_only_a_hidden_one_has_a_source() -> None:
    [hidden, seen] = questions(
        [
            custom(hidden=True, required=True, source="utm_source", default="none"),
            custom(source="utm_source"),
        ]
    )

    assert (hidden.hidden, hidden.required, hidden.source, hidden.default) == (
        True,
        False,
        "utm_source",
        "none",
    )
    assert (seen.hidden, seen.source) == (False, "")


def test_money_has_two_decimals_unless_its_field_says_otherwise() -> None:
    asked = questions(
        [
            custom(type="currency"),
            custom(type="currency", decimal_places=0),
            custom(type="number"),
            custom(type="number", decimal_places=3),
        ]
    )

    assert [one.decimal_places for one in asked] == [2, 0, None, 3]


@ONE_DATABASE
def test_answers_are_read_in_the_words_of_the_form(app: Flask) -> None:
    body = {
        "first_name": "Zoë",
        "birthday_month": 2,
        "birthday_day": 29,
        "list_memberships": ["x"],
        "street_address": {"kind": "home", "street": "Rye Lane 5", "city": "Bern"},
        "custom_fields": [{"custom_field_id": ID, "value": "Events, Offers"}],
    }
    fields = [
        {"key": "birthday", "label": "Day for cake", "required": False},
        custom(label="Interests"),
    ]

    assert said(body, fields) == [
        ("first name", "Zoë"),
        ("Day for cake", "February 29"),
        ("address", "Rye Lane 5, Bern"),
        ("Interests", "Events, Offers"),
    ]
