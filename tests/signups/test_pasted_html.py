"""A form pasted as plain HTML: what is taken at once, what has to be confirmed, and
that nothing is a dead end.
"""

import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.accounts import facts
from app.forms.fields import STANDARD
from app.forms.models import Form
from tests.signups.acting import asking, rows
from tests.signups.asking import custom, standard
from tests.signups.reading import error_of, form_token, ticked, value_of
from tests.world import ONE_DATABASE, World

SITE = "https://bakery.example"
TYPED = {"email_address": "zoe@example.com", "first_name": "Zoë", "consent": "y"}
HEADERS = {"Origin": SITE, "Referer": f"{SITE}/news"}


def a_form(world: World, **values: Any) -> Form:
    return world.form(
        world.account(), **{"sites": ["https://www.bakery.example", SITE], **values}
    )


def press(
    visitor: FlaskClient, form: Form, headers: dict[str, str] = HEADERS, **typed: str
) -> Any:
    """What a browser sends from the pasted form: no ticket, but the id of the sentence
    in the page.
    """
    return visitor.post(
        f"/f/{form.id}",
        headers=headers,
        data={"consent_id": form.consent_id, "website": "", **TYPED, **typed},
    )


def test_a_press_on_a_page_of_the_list_is_taken_at_once(
    world: World, visitor: FlaskClient
) -> None:
    form = a_form(world)

    answer = press(visitor, form)

    (row,) = rows()
    assert (answer.status_code, answer.location) == (303, f"/f/{form.id}/thanks")
    assert "Set-Cookie" not in answer.headers
    assert (row.email, row.body["first_name"], row.state) == (
        "zoe@example.com",
        "Zoë",
        "waiting",
    )
    assert (row.host_page, row.consent_id) == (f"{SITE}/news", form.consent_id)


SUSPICIOUS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "no origin": ({"Origin": ""}, {}),
    "an origin that hides": ({"Origin": "null"}, {}),
    "another site": ({"Origin": "https://other.example"}, {}),
    "the site without encryption": ({"Origin": "http://bakery.example"}, {}),
    "a port of the site": ({"Origin": f"{SITE}:8443"}, {}),
    "a trap with something in it": ({}, {"website": "https://spam.example"}),
    "no word about the sentence": ({}, {"consent_id": ""}),
}


@ONE_DATABASE
@pytest.mark.parametrize(("headers", "typed"), SUSPICIOUS.values(), ids=SUSPICIOUS)
def test_whatever_is_suspicious_is_confirmed_with_one_press(
    world: World, visitor: FlaskClient, headers: dict[str, str], typed: dict[str, str]
) -> None:
    form = a_form(world)

    asked = press(visitor, form, HEADERS | headers, **typed)
    stored_before = len(rows())
    token = form_token(asked.text)
    confirmed = visitor.post(f"/f/{form.id}", data={**TYPED, "form_token": token})

    assert (asked.status_code, stored_before) == (409, 0)
    assert "One more step" in asked.text
    assert (
        value_of(asked.text, "email_address"),
        value_of(asked.text, "first_name"),
    ) == ("zoe@example.com", "Zoë")
    assert (confirmed.status_code, [row.state for row in rows()]) == (303, ["waiting"])


@ONE_DATABASE
def test_only_a_page_of_the_list_can_say_that_a_box_was_ticked(
    world: World, visitor: FlaskClient
) -> None:
    form = a_form(world)

    known = press(visitor, form, email_address="nonsense")
    unknown = press(visitor, form, HEADERS | {"Origin": "https://other.example"})

    assert [ticked(answer.text, "y") for answer in (known, unknown)] == [True, False]


@ONE_DATABASE
def test_without_a_list_of_sites_every_press_is_confirmed(
    world: World, visitor: FlaskClient
) -> None:
    form = a_form(world, sites=[])

    answer = press(visitor, form)

    assert (answer.status_code, rows()) == (409, [])


@ONE_DATABASE
def test_who_was_shown_an_older_sentence_is_shown_the_new_one(
    world: World, visitor: FlaskClient
) -> None:
    form = a_form(world, consent="Old words.")
    pasted = form.consent_id
    world.reworded(form, "New words.")

    answer = press(visitor, world.again(form), consent_id=pasted)
    confirmed = visitor.post(
        f"/f/{form.id}", data={**TYPED, "form_token": form_token(answer.text)}
    )

    (row,) = rows()
    assert answer.status_code == 409
    assert "The consent text changed" in answer.text
    assert "New words." in answer.text
    assert not ticked(answer.text, "y")
    assert value_of(answer.text, "first_name") == "Zoë"
    assert (confirmed.status_code, row.consent.text) == (303, "New words.")


@ONE_DATABASE
def test_an_error_is_told_on_the_real_form_and_the_next_press_works(
    world: World, visitor: FlaskClient
) -> None:
    form = a_form(world)

    wrong = press(visitor, form, email_address="zoe@", first_name="x" * 51)
    typed = {**TYPED, "form_token": form_token(wrong.text)}
    right = visitor.post(f"/f/{form.id}", data=typed)

    (row,) = rows()
    assert wrong.status_code == 422
    assert error_of(wrong.text, "email_address")
    assert "at most 50 characters" in (error_of(wrong.text, "first_name") or "")
    assert (right.status_code, row.host_page) == (303, f"{SITE}/news")


def test_the_same_press_sent_again_is_one_sign_up_and_another_answer_is_another(
    world: World, visitor: FlaskClient
) -> None:
    form = a_form(world)

    codes = [press(visitor, form).status_code]
    world.clock.advance(minutes=9, seconds=59)
    codes.append(press(visitor, form, email_address="ZOE@example.com").status_code)
    codes.append(press(visitor, form, first_name="Zoé").status_code)
    after_two = len(rows())
    world.clock.advance(minutes=1)
    codes.append(press(visitor, form).status_code)

    assert codes == [303] * 4
    assert after_two == 2
    assert [row.body["first_name"] for row in rows()] == ["Zoë", "Zoé", "Zoë"]
    assert world.tally(form) == 3


def test_a_page_with_a_long_address_is_as_good_as_any(
    world: World, visitor: FlaskClient
) -> None:
    form = a_form(world)

    answer = press(visitor, form, {**HEADERS, "Referer": f"{SITE}/{'x' * 900}"})

    (row,) = rows()
    assert (answer.status_code, row.host_page) == (303, f"{SITE}/{'x' * 900}"[:500])


@ONE_DATABASE
def test_what_was_pasted_before_a_question_was_added_answers_nothing(
    world: World, visitor: FlaskClient
) -> None:
    account = world.account()
    fields = [
        standard("company_name", default="Maple"),
        custom(account, "single_select", display="radio", default="Passing by"),
        custom(account, "boolean", display="checkbox", default="true"),
        custom(account, "multi_select", default="Events"),
        custom(account, "string", hidden=True, default="spring"),
    ]
    form = world.form(account, fields=fields, sites=[SITE])

    answer = press(visitor, form)

    (row,) = rows()
    assert answer.status_code == 303
    assert set(row.body) == {"list_memberships", "custom_fields"}
    assert [one["value"] for one in row.body["custom_fields"]] == ["spring"]


# -- the HTML on the Share page


def pasted(world: World, form: Form) -> str:
    """The HTML to paste, as the Share page's text box holds it."""
    page = world.signed_in().get(f"/forms/{form.id}/share").text
    found = re.search(r"<textarea[^>]*>(&lt;form.*?)</textarea>", page, re.S)
    assert found, page
    return unescape(found[1])


@ONE_DATABASE
def test_the_html_to_paste_asks_for_what_the_form_asks_and_brings_no_style(
    world: World,
) -> None:
    form = asking(
        world,
        world.account(),
        required=True,
        heading="Join",
        button="Go & see",
        sites=[SITE],
        consent='Yes, "news" <weekly>.',
        privacy_url="https://bakery.example/privacy",
    )

    html = pasted(world, form)

    names = re.findall(r'\bname="([^"]+)"', html)
    assert html.startswith(
        f'<form method="post" action="http://127.0.0.1:8111/f/{form.id}"'
    )
    assert names == [
        "consent_id",
        "website",
        "email_address",
        *(item["key"] for item in form.fields),
        "consent",
    ]
    assert f'value="{form.consent_id}"' in html
    assert "Yes, &#34;news&#34; &lt;weekly&gt;." in html
    assert "<button>Go &amp; see</button>" in html
    assert 'href="https://bakery.example/privacy"' in html
    assert not re.search(r'\b(style|class|id|onclick|checked)\b=?"', html)
    assert html.count("required") == len(form.fields) + 2


@ONE_DATABASE
def test_the_html_to_paste_has_every_input_of_the_real_form(
    world: World, visitor: FlaskClient
) -> None:
    account = world.account()
    fields: list[dict[str, Any]] = [
        {"key": key, "label": key, "required": True} for key in STANDARD
    ]
    for number, item in enumerate(facts.fields_of(account.id)):
        choices = item.details.get("choices", [])
        fields.append(
            {
                "key": f"cf_{item.custom_field_id}",
                "label": item.label,
                "required": False,
                "type": item.type,
                "custom_field_id": item.custom_field_id,
                "choices": choices,
                "help": f"Help {number}",
            }
        )
    lists = [
        {"list_id": item.list_id, "label": item.name}
        for item in facts.lists_of(account.id)[:3]
    ]
    form = world.form(
        account, fields=fields, lists=lists, visitor_chooses=True, sites=[SITE]
    )

    html, page = pasted(world, form), visitor.get(f"/f/{form.id}").text

    assert inputs(html) - {("consent_id", form.consent_id)} == inputs(page)
    assert len(inputs(html)) > 60
    assert all(
        f"Help {number}<" in html for number in range(len(fields) - len(STANDARD))
    )


def inputs(html: str) -> set[tuple[str, str]]:
    """Name and value of every choice, and the name of everything that is typed; what
    only a page of ours has is out.
    """
    found, select = set(), ""
    for tag, attributes in re.findall(
        r"<(input|select|textarea|option)\b([^>]*)>", html
    ):
        name, value = (
            re.search(rf'\b{what}="([^"]*)"', attributes) for what in ("name", "value")
        )
        select = (name[1] if name else "") if tag == "select" else select
        found.add((name[1] if name else select, value[1] if value else ""))
    return {
        (name, value)
        for name, value in found
        if name not in ("form_token", "sure", "use")
    }


@ONE_DATABASE
def test_what_the_html_to_paste_sends_is_taken(
    world: World, visitor: FlaskClient
) -> None:
    form = asking(world, world.account(), sites=[SITE])
    html = pasted(world, form)
    sent = dict.fromkeys(re.findall(r'\bname="([^"]+)"', html), "")
    sent |= {
        "consent_id": re.findall(r'name="consent_id" value="([^"]+)"', html)[0],
        **TYPED,
    }

    answer = visitor.post(f"/f/{form.id}", headers=HEADERS, data=sent)

    assert (answer.status_code, len(rows())) == (303, 1)
