"""Every type of field in one form, on a phone: filled in as people do, found at the
provider. And what form.js does.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect
from sqlalchemy import select

from app.accounts.models import Account
from app.database.session import db
from app.forms.models import Form
from app.signups.models import Signup
from tests.browser.window import Window
from tests.signups.answering import names_of, read_back
from tests.signups.asking import asks, custom, everything, standard
from tests.world import ONE_DATABASE, World, until

pytestmark = [pytest.mark.browser, ONE_DATABASE]
AXE = (
    Path(__file__).parents[1] / "vendor" / "axe-core-4.14.1" / "axe.min.js"
).read_text()
LOOK = """async () => (await axe.run({resultTypes: ["violations"]})).violations.flatMap(
    (fault) => fault.nodes.map((node) => `${fault.id}: ${node.html.slice(0, 140)} ${node.failureSummary}`))"""
ZOE = "zoe@example.com"
Open = Callable[..., Window]


def test_every_type_is_filled_in_on_a_phone_and_arrives(
    served: str, world: World, window: Open
) -> None:
    account = world.account()
    form = asks(world, account, *everything(account))
    phone = window(width=360).page
    phone.goto(f"{served}/f/{form.id}")
    fill_in_everything(phone, account)
    clean = faults(phone)
    send(phone)
    expect(phone.get_by_text("Thank you!")).to_be_visible()
    until(lambda: ZOE in world.contacts(account))

    assert clean == []
    assert read_back(world.contacts(account)[ZOE], account) == {
        "first_name": "Zoë",
        "last_name": "O’Brien",
        "job_title": "Bäckerin",
        "company_name": "Maple & Rye",
        "phone_number": "+41 44 123 45 67",
        "birthday": (2, 29),
        "anniversary": "2011-05-31",
        "address": {
            "kind": "home",
            "street": "Hauptstraße 5",
            "city": "Zürich",
            "state": "ZH",
            "postal_code": "8001",
            "country": "Schweiz",
        },
        "string": "艾 🌱",
        "text_area": "Dear bakery,\n\nis there rye?",
        "number": "12",
        "currency": "12.50",
        "date": "1999-12-31",
        "datetime": "2026-05-31T14:30:00",
        "boolean": "true",
        "single_select": ["Passing by"],
        "multi_select": ["Events", "Volunteering"],
    }


def test_what_is_wrong_is_told_above_with_links_into_every_kind_of_field(
    served: str, world: World, window: Open
) -> None:
    account = world.account()
    radio = {"single_select": {"display": "radio"}}
    form = asks(
        world,
        account,
        *(
            {**field, "required": True, **radio.get(field.get("type", ""), {})}
            for field in everything(account)
        ),
    )
    phone = window(width=320, color_scheme="dark").page
    phone.goto(f"{served}/f/{form.id}")
    send(phone)
    links = phone.locator(".error-summary a")
    expect(links).to_have_count(20)
    targets = [link.get_attribute("href") or "" for link in links.all()]
    takes_focus = [
        phone.locator(target).evaluate(
            "one => { one.focus(); return one === document.activeElement }"
        )
        for target in targets
    ]

    assert all(takes_focus)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320
    assert faults(phone) == []


def test_the_enter_key_sends_what_was_typed_and_a_button_takes_the_suggestion(
    served: str, world: World, window: Open
) -> None:
    form = world.form(world.account())
    for script in (True, False):
        page = window(java_script_enabled=script).page
        begin(page, served, form, "zoe@gmial.com")
        page.get_by_label("Email address").press("Enter")
        expect(
            page.get_by_role("status").filter(has_text="Did you mean zoe@gmail.com?")
        ).to_be_focused()
        if script:
            assert faults(page) == []
            page.get_by_label("Email address").press("Enter")
        else:
            page.get_by_role("button", name="Use zoe@gmail.com").click()
        expect(page.get_by_text("Thank you!")).to_be_visible()

    assert list(
        db.session.scalars(select(Signup.email).order_by(Signup.created_at))
    ) == ["zoe@gmial.com", "zoe@gmail.com"]


def test_offline_nothing_typed_is_lost_and_the_same_button_sends_it_later(
    served: str, world: World, window: Open
) -> None:
    form, opened = world.form(world.account()), window()
    page = opened.page
    begin(page, served, form, ZOE)
    opened.context.set_offline(True)
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("You’re offline.")
    opened.context.set_offline(False)
    expect(page.get_by_role("alert")).to_contain_text("You’re back online.")
    # connected, and nothing comes through
    page.route("**/favicon.svg*", lambda route: route.abort())
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("You’re offline.")
    kept = page.get_by_label("Email address").input_value()
    page.unroute_all()
    send(page)
    expect(page.get_by_text("Thank you!")).to_be_visible()

    assert kept == ZOE
    assert db.session.scalars(select(Signup.email)).all() == [ZOE]


def test_a_double_press_sends_one_request_and_after_going_back_it_can_be_pressed_again(
    served: str, world: World, window: Open
) -> None:
    page = window().page
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.is_navigation_request():
            sent.append(request.url)

    page.on("request", note)
    begin(page, served, world.form(world.account()), ZOE)
    page.get_by_role("button", name="Sign me up").dblclick()
    expect(page.get_by_text("Thank you!")).to_be_visible()
    once = len(sent)
    page.go_back()
    page.get_by_label("Email address").fill("max@example.com")
    page.get_by_label("Yes, send me news.").check()
    send(page)
    expect(page.get_by_text("Thank you!")).to_be_visible()

    assert (once, len(sent)) == (1, 2)
    assert list(
        db.session.scalars(select(Signup.email).order_by(Signup.created_at))
    ) == [ZOE, "max@example.com"]


def test_campaign_parameters_of_the_address_arrive_also_after_a_mistake(
    served: str, world: World, window: Open
) -> None:
    account = world.account()
    form = asks(
        world,
        account,
        standard("first_name"),
        custom(account, "string", hidden=True, source="utm_source"),
        custom(account, "text_area", hidden=True, source="page"),
    )
    page = window().page
    page.goto(f"{served}/f/{form.id}?utm_source=spring%20letter&utm_medium=mail")
    send(page)
    expect(page.get_by_role("link", name="Enter your email address.")).to_be_visible()
    page.get_by_label("Email address").fill(ZOE)
    page.get_by_label("Yes, send me news.").check()
    send(page)
    expect(page.get_by_text("Thank you!")).to_be_visible()

    assert [
        one["value"]
        for one in db.session.scalars(select(Signup.body)).one()["custom_fields"]
    ] == ["spring letter", f"{served}/f/{form.id}"]


def begin(page: Page, served: str, form: Form, address: str) -> None:
    page.goto(f"{served}/f/{form.id}")
    page.get_by_label("Email address").fill(address)
    page.get_by_label("Yes, send me news.").check()


def send(page: Page) -> None:
    page.get_by_role("button", name="Sign me up").click()


def fill_in_everything(page: Page, account: Account) -> None:
    names = names_of(account)
    typed = {
        "email_address": ZOE,
        "first_name": "Zoë",
        "last_name": "O’Brien",
        "job_title": "Bäckerin",
        "company_name": "Maple & Rye",
        "phone_number": "+41 44 123 45 67",
        "anniversary": "2011-05-31",
        "address_street": "Hauptstraße 5",
        "address_city": "Zürich",
        "address_state": "ZH",
        "address_postal_code": "8001",
        "address_country": "Schweiz",
        names["string"]: "艾 🌱",
        names["text_area"]: "Dear bakery,\n\nis there rye?",
        names["number"]: "12",
        names["currency"]: "12.50",
        names["date"]: "1999-12-31",
        names["datetime"]: "2026-05-31T14:30",
    }
    for name, value in typed.items():
        page.locator(f'[name="{name}"]').fill(value)
    page.get_by_role("group", name="Birthday").get_by_label("Month").select_option(
        "February"
    )
    page.get_by_label("Day", exact=True).select_option("29")
    page.get_by_label("How did you hear about us").select_option("Passing by")
    for box in ("Accessible entrance", "Volunteering", "Events", "Yes, send me news."):
        page.get_by_label(box).check()


def faults(page: Page) -> list[str]:
    # handed over as code to evaluate, which the page's policy does not govern
    page.evaluate(AXE)
    found: list[str] = page.evaluate(LOOK)
    return found
