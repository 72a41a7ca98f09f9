"""Presses after an error, tabs, dragged fields, and parts of pages
that have to keep their shape.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.window import Window
from tests.world import ONE_DATABASE, World

pytestmark = [pytest.mark.browser, ONE_DATABASE]
Open = Callable[..., Window]
TOPS = """all => all.map(one => {
    const {top, left, right} = one.getBoundingClientRect();
    return [Math.round(top), Math.round(left), Math.round(right)];
})"""


def test_back_after_an_error_and_a_save_asks_for_nothing(
    served: str, world: World, admin: Page
) -> None:
    form = world.form(world.account())
    admin.goto(f"{served}/forms/{form.id}")
    admin.get_by_label("Heading", exact=True).fill("")
    admin.get_by_role("button", name="Save").last.click()
    expect(admin).to_have_title("Error: " + form.name + " · Latchkey")
    admin.get_by_label("Heading", exact=True).fill("Mended")
    admin.get_by_role("button", name="Save").last.click()
    expect(admin.get_by_text("Saved.")).to_be_visible()
    admin.go_back()

    expect(admin.get_by_label("Heading", exact=True)).to_be_visible()
    assert admin.url == f"{served}/forms/{form.id}"


def test_ways_to_share_are_tabs_for_the_keyboard_and_by_their_address(
    served: str, world: World, admin: Page
) -> None:
    form = world.form(world.account())
    admin.goto(f"{served}/forms/{form.id}/share")
    expect(admin.get_by_role("tab", selected=True)).to_have_text("Link")
    admin.get_by_role("tab", name="Link").press("ArrowRight")

    expect(admin.get_by_role("tabpanel")).to_have_attribute("id", "script")
    assert admin.url.endswith("#script")
    admin.reload()
    expect(admin.get_by_role("tab", selected=True)).to_have_text("Script")


def test_a_field_is_dragged_to_its_place(
    served: str, world: World, admin: Page
) -> None:
    form = world.form(world.account())
    admin.goto(f"{served}/forms/{form.id}")
    rows = admin.locator("[data-row]")
    rows.nth(1).scroll_into_view_if_needed()
    start = rows.nth(1).locator("[data-drag]").bounding_box()
    target = rows.nth(0).bounding_box()
    assert start
    assert target
    admin.mouse.move(start["x"] + 8, start["y"] + 8)
    admin.mouse.down()
    admin.mouse.move(target["x"] + 20, target["y"] + 10, steps=4)
    admin.mouse.up()

    expect(admin.locator("[data-told]")).to_have_text(
        "Last name moved to position 1 of 2."
    )
    expect(rows.first).to_have_attribute("data-row", "last_name")


def test_pills_do_not_break_cards_fill_their_rows_and_what_is_off_is_in_our_colors(
    served: str, world: World, admin: Page
) -> None:
    world.account()
    admin.goto(f"{served}/accounts")
    admin.set_viewport_size({"width": 360, "height": 800})
    admin.evaluate("""() => { document.querySelector("main").innerHTML =
        '<table class="table"><tr><th>' + "Donaudampfschiffahrt".repeat(6) + '</th><td>'
        + '<span class="status tone-ok"><svg class="icon"></svg><span>Open</span></span>'
        + '</td></tr></table><button class="btn btn-primary" disabled>Save</button>'; }""")
    pill = admin.locator(".status > span")
    height = pill.evaluate("one => one.getBoundingClientRect().height")
    colors = admin.locator(".btn-primary:disabled").evaluate(
        "one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
    )
    admin.set_viewport_size({"width": 1280, "height": 800})
    rows: dict[int, list[int]] = {}
    for number in range(1, 8):
        admin.evaluate(
            """number => { document.querySelector("main").innerHTML =
            '<div class="grid-3">' + '<section class="card">x</section>'.repeat(number)
            + '</div>'; }""",
            number,
        )
        places = admin.locator(".grid-3 > *").evaluate_all(TOPS)
        tops = [top for top, _left, _right in places]
        rows[number] = [tops.count(top) for top in sorted(set(tops))]
        for top in set(tops):
            in_row = [place for place in places if place[0] == top]
            assert max(right for _t, _l, right in in_row) == max(
                right for _t, _l, right in places
            )

    assert height < 24
    assert colors == ["rgb(222, 237, 236)", "rgb(8, 67, 74)"]
    assert rows == {
        1: [1],
        2: [2],
        3: [3],
        4: [2, 2],
        5: [3, 2],
        6: [3, 3],
        7: [3, 2, 2],
    }


def test_a_slow_press_says_sending_and_cannot_be_made_twice(
    served: str, world: World, admin: Page
) -> None:
    account = world.account()
    admin.clock.install()
    admin.goto(f"{served}/accounts/{account.id}")
    # as though no answer came: what the page lets through goes no further
    admin.evaluate(
        """() => addEventListener("submit", (event) => {
            window.presses = (window.presses || 0) + !event.defaultPrevented;
            event.preventDefault();
        })"""
    )
    admin.get_by_role("button", name="Check now").click()
    admin.clock.run_for(500)
    sending = admin.get_by_role("button", name="Sending…")
    expect(sending).to_have_attribute("aria-disabled", "true")
    # as a press of Enter: a mouse does not press what is disabled
    sending.evaluate("button => button.form.requestSubmit(button)")
    admin.clock.run_for(31_000)

    expect(admin.get_by_role("button", name="Check now")).to_be_visible()
    assert admin.evaluate("window.presses") == 1


def test_a_visitors_slow_press_says_sending(
    served: str, world: World, window: Open
) -> None:
    form = world.form(world.account())
    page = window().page
    held: list[Route] = []

    def hold_probes(route: Route) -> None:
        if route.request.method == "HEAD":
            held.append(route)
        else:
            route.continue_()

    page.clock.install()
    page.goto(f"{served}/f/{form.id}")
    page.route("**/*", hold_probes)
    page.get_by_label("Email address").fill("zoe@example.com")
    page.get_by_label("Yes, send me news.").check()
    page.get_by_role("button", name=form.button).click()
    page.clock.run_for(1_000)
    expect(page.get_by_role("button", name="Sending…")).to_be_visible()
    page.clock.resume()
    held[0].continue_()

    expect(page.get_by_text(form.success)).to_be_visible()
    assert len(held) == 1
