"""A form is made as admins make one: from a starter, reordered by keyboard, with a
colour seen at once, and tried.
"""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import FrameLocator, Page, expect

from app.database.session import db
from app.signups.models import Signup
from tests.browser.window import Window
from tests.world import ONE_DATABASE, World

pytestmark = [pytest.mark.browser, ONE_DATABASE]
Open = Callable[..., Window]


def preview(page: Page) -> FrameLocator:
    return page.frame_locator(".preview-frame:not(.is-coming)")


def order(page: Page) -> list[str | None]:
    return [row.get_attribute("data-row") for row in page.locator("[data-row]").all()]


def button_colour(frame: FrameLocator) -> str:
    return str(
        frame.locator(".btn").evaluate("one => getComputedStyle(one).backgroundColor")
    )


def test_a_form_is_made_from_a_starter_ordered_by_keyboard_themed_tried_and_saved(
    served: str, world: World, window: Open, admin: Page
) -> None:
    world.account()
    admin.goto(f"{served}/forms/new")
    admin.get_by_role("link", name="Event or workshop").click()
    shown = preview(admin)
    expect(shown.get_by_role("heading", name="Save your place")).to_be_visible()

    admin.get_by_label("Label of Phone number").focus()
    admin.keyboard.press("Alt+ArrowUp")
    expect(admin.locator("[data-told]")).to_have_text(
        "Phone number moved to position 2 of 3."
    )
    admin.keyboard.press("Alt+ArrowUp")
    expect(admin.locator("[data-told]")).to_have_text(
        "Phone number moved to position 1 of 3."
    )
    focused = admin.evaluate("document.activeElement.id")
    admin.get_by_role("button", name="Remove Last name").click()
    expect(admin.get_by_label("Label of Last name")).to_have_count(0)
    admin.get_by_label("Add a field").select_option(label="Nickname")
    admin.get_by_role("button", name="Add", exact=True).click()
    expect(admin.get_by_label("Label of Nickname")).to_be_focused()
    admin.get_by_label("Newsletter", exact=True).check()
    admin.get_by_role("heading", name="Look").click()
    admin.locator("#accent").fill("#b00020")
    expect(admin.locator("#contrast")).to_contain_text("Reads well on white: 7.3 to 1")
    expect(shown.get_by_label("Nickname")).to_be_visible()
    expect(shown.locator(".btn")).to_have_css("background-color", "rgb(176, 0, 32)")

    shown.get_by_label("Email address").fill("zoe@example.com")
    shown.get_by_label("First name").fill("Zoë")
    shown.get_by_label("Yes, send me").check()
    shown.get_by_role("button", name="Save my place").click()
    expect(shown.get_by_role("heading", name="This was a test")).to_be_visible()
    tried = shown.get_by_label("Constant Contact would get").input_value()

    admin.get_by_role("button", name="Create form").click()
    address = admin.get_by_label("Link to the form").input_value()
    visitor = window().page
    visitor.goto(address)
    labels = visitor.locator("form .field-label").all_inner_texts()

    assert focused == "up_phone_number"
    assert '"first_name": "Zoë"' in tried
    assert [label.removesuffix(" (optional)") for label in labels] == [
        "Email address",
        "Phone number",
        "First name",
        "Nickname",
    ]
    assert (
        visitor.locator(".btn").evaluate("one => getComputedStyle(one).backgroundColor")
        == "rgb(176, 0, 32)"
    )
    assert db.session.query(Signup).count() == 0


def test_each_width_of_the_preview_fits_and_leaving_with_changes_is_asked_about(
    served: str, world: World, admin: Page
) -> None:
    form = world.form(world.account())
    admin.goto(f"{served}/forms/{form.id}")
    frame = preview(admin).locator("html")
    expect(preview(admin).get_by_role("heading")).to_be_visible()
    widths, fits = [], []
    for name in ("Phone", "Tablet", "Desktop"):
        admin.get_by_text(name, exact=True).click()
        widths.append(frame.evaluate("() => innerWidth"))
        fits.append(
            admin.locator(".preview-frame").evaluate(
                "one => one.getBoundingClientRect().width <="
                " one.parentElement.clientWidth + 1"
            )
        )
    asked: list[str] = []
    admin.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    admin.reload()
    before = list(asked)
    admin.get_by_label("Heading", exact=True).fill("Another one")
    admin.reload()

    assert widths == [360, 768, 1280]
    assert fits == [True, True, True]
    assert (before, asked) == ([], ["beforeunload"])


def test_without_javascript_fields_move_and_the_preview_is_a_press_away(
    served: str, world: World, app: Flask, window: Open
) -> None:
    form = world.form(world.account())
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = world.signed_in().get_cookie(name)
    assert cookie
    opened = window(java_script_enabled=False)
    opened.context.add_cookies([{"name": name, "value": cookie.value, "url": served}])
    page = opened.page
    page.goto(f"{served}/forms/{form.id}")
    page.get_by_label("Heading", exact=True).fill("Typed")
    page.get_by_role("button", name="Move Last name up").click()
    moved = order(page)
    page.get_by_role("button", name="Show preview").click()
    seen = preview(page)
    expect(seen.get_by_role("heading", name="Typed")).to_be_visible()
    page.get_by_label("Heading", exact=True).press("Enter")
    expect(page.get_by_text("Saved. Visitors see it from now on.")).to_be_visible()

    assert moved == ["last_name", "first_name"]
    assert [item["key"] for item in world.again(form).fields] == [
        "last_name",
        "first_name",
    ]


def test_what_only_an_exact_form_can_do_shows_when_it_is_chosen_and_is_tried_in_the_preview(
    served: str, world: World, admin: Page
) -> None:
    form = world.form(world.account())
    admin.goto(f"{served}/forms/{form.id}")
    admin.get_by_text("More options for First name").click()
    clears = admin.get_by_label("An empty answer clears what is there (First name)")
    before = clears.is_visible()

    admin.get_by_role("heading", name="Existing contacts").click()
    admin.get_by_label("Update exactly").check()
    clears.check()
    shown = preview(admin)
    expect(shown.locator('input[name="clears"]')).to_have_value("first_name")
    shown.get_by_label("Email address").fill("zoe@example.com")
    shown.get_by_label("Yes, send me").check()
    shown.get_by_role("button", name="Sign me up").click()
    expect(shown.get_by_label("Or somebody known")).to_have_value(
        re.compile('"update_source": "Contact"')
    )
    expect(shown.get_by_text("cleared in a known contact: First name.")).to_be_visible()
    admin.get_by_label("Required (First name)").check()
    as_required = clears.is_visible()
    admin.get_by_label("Required (First name)").uncheck()
    admin.get_by_role("button", name="Save").last.click()

    saved = world.again(form)
    assert (before, as_required) == (False, False)
    assert saved.exactly is True
    assert saved.fields[0]["clears"] is True
