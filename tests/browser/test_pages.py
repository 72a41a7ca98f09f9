"""Every page of the product, empty and full: nothing for axe to find, nothing on the
console, nothing wider than a small phone.

In the dark too, which changes no more than colours: all of them stand on the pages of
tests/look, so `make test` leaves the pages themselves in the dark to `make test-long`.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.window import Window
from tests.shots.acts import broken_balance, no_worker
from tests.shots.furniture import furnish
from tests.shots.scenes import (
    ADMIN,
    ADMIN_FEW,
    EMPTY,
    OWNER,
    OWNER_FEW,
    TROUBLE,
    TROUBLE_FEW,
    VISITOR,
    Scene,
)
from tests.shots.stage import Stage, beat, stage

pytestmark = pytest.mark.browser
AXE = (
    Path(__file__).parents[1] / "vendor" / "axe-core-4.14.1" / "axe.min.js"
).read_text()
LOOK = """async (rules) => (await axe.run(
    {resultTypes: ["violations"], ...(rules && {runOnly: rules})})).violations"""
OPEN_ALL = "for (const one of document.querySelectorAll('details')) one.open = true"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("empty")) as made:
        yield made


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("full")) as made:
        made.names = furnish(made)
        yield made


@pytest.mark.parametrize(
    "in_the_dark", [False, pytest.param(True, marks=pytest.mark.long)]
)
def test_pages_of_an_empty_house(
    browser: Browser, empty: Stage, in_the_dark: bool
) -> None:
    assert faults(browser, empty, EMPTY, in_the_dark) == []


@pytest.mark.parametrize(
    ("scenes", "in_the_dark"),
    [
        pytest.param(ADMIN_FEW, False, id="admin"),
        pytest.param(OWNER_FEW, False, id="owner"),
        pytest.param(VISITOR, False, id="visitor"),
        pytest.param(TROUBLE_FEW, False, id="trouble"),
        pytest.param(ADMIN, True, id="all-admin", marks=pytest.mark.long),
        pytest.param(OWNER, True, id="all-owner", marks=pytest.mark.long),
        pytest.param(VISITOR, True, id="all-visitor", marks=pytest.mark.long),
        pytest.param(TROUBLE, True, id="all-trouble", marks=pytest.mark.long),
    ],
)
def test_pages_of_a_full_house(
    browser: Browser, full: Stage, scenes: list[Scene], in_the_dark: bool
) -> None:
    assert faults(browser, full, scenes, in_the_dark) == []


def test_a_visitors_page_loads_one_stylesheet_and_one_script_and_weighs_next_to_nothing(
    browser: Browser, full: Stage
) -> None:
    window = full.window(browser, "visitor")
    loaded: set[str] = set()
    window.page.on("requestfinished", lambda request: loaded.add(request.url))
    window.page.goto(
        f"{full.url}/f/{full.names['form_choice']}", wait_until="networkidle"
    )
    bodies = {
        address: window.page.request.get(address).body() for address in sorted(loaded)
    }
    scripts = [
        script.get_attribute("src") for script in window.page.locator("script").all()
    ]
    window.close()

    assert {address.split("?")[0].rsplit("/", 1)[-1] for address in bodies} - {
        "favicon.svg"
    } == {full.names["form_choice"], "form.css", "form.js"}
    assert len(scripts) == 1  # none in the page itself
    assert all(scripts)
    assert sum(len(gzip.compress(body)) for body in bodies.values()) < 8 * 1024


def test_one_tick_chooses_every_row_of_the_page(browser: Browser, full: Stage) -> None:
    window = full.window(browser, "admin")
    window.page.goto(f"{full.url}/signups?state=held")
    rows = window.page.locator("tbody input[type=checkbox]")
    window.page.get_by_label("Select all on this page").check()
    all_ticked = [row.is_checked() for row in rows.all()]
    rows.first.uncheck()
    some = window.page.evaluate(
        "document.querySelector('[data-choose-all]').indeterminate"
    )
    window.close()

    assert all(all_ticked)
    assert some


def test_typing_narrows_a_long_choice_and_what_is_ticked_stays_in_sight(
    browser: Browser, full: Stage
) -> None:
    window = full.window(browser, "admin")
    page = window.page
    page.goto(f"{full.url}/forms/new?account={full.names['library']}")
    page.get_by_label("Yarrow: News").check()
    page.get_by_label("Search 120 lists").fill("ashgrove")
    shown = page.locator("#lists .choice:visible").all_inner_texts()
    said = page.locator("[data-filter-count]").inner_text()
    window.close()

    assert len(shown) == 6
    assert shown[-1].strip() == "Yarrow: News"
    assert said == "6 shown, 1 selected"


def faults(
    browser: Browser, made: Stage, scenes: list[Scene], in_the_dark: bool
) -> list[str]:
    """What is wrong with these pages, one line for each fault."""
    windows = {
        who: made.window(browser, who) for who in {scene.who for scene in scenes}
    }
    found: list[str] = []
    for scene in scenes:
        page = windows[scene.who].page
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 800})
        scene.play(page, made)
        found += [f"{scene.name}: {fault}" for fault in _faults_of(page, in_the_dark)]
    return found + _complaints(list(windows.values()))


def _faults_of(page: Page, in_the_dark: bool) -> list[str]:
    """axe on the whole page with everything folded out, its colours again in the dark
    where that is asked for, and its width on a phone.
    """
    page.evaluate(OPEN_ALL)
    # handed over as code to evaluate, which the page's policy does not govern
    page.evaluate(AXE)
    found = [f"light: {fault}" for fault in _axe(page, None)]
    if (
        page.locator(".top-nav").count()
        and page.locator(".top [aria-current=page]").count() != 1
    ):
        found.append("the navigation does not say where one is")
    if in_the_dark:
        page.emulate_media(color_scheme="dark")
        found += [f"dark: {fault}" for fault in _axe(page, ["color-contrast"])]
    page.set_viewport_size({"width": 320, "height": 800})
    reached = page.evaluate("document.documentElement.scrollWidth")
    return found + (
        [f"{reached} pixels wide on a phone of 320"] if reached > 320 else []
    )


def _axe(page: Page, rules: list[str] | None) -> list[str]:
    return [
        f"{fault['id']}: {node['html'][:140]} {node['failureSummary']}"
        for fault in page.evaluate(LOOK, rules)
        for node in fault["nodes"]
    ]


def _complaints(windows: list[Window]) -> list[str]:
    complaints = [said for window in windows for said in window.complaints]
    for window in windows:
        window.close()
    return complaints


def test_the_overview_stays_fresh_without_moving_what_is_being_read(
    browser: Browser, full: Stage
) -> None:
    window = full.window(browser, "admin")
    page = window.page
    page.clock.install()
    with full.app.app_context():
        beat()
    page.goto(full.url)
    heading = page.get_by_role("heading", level=1)
    offer = page.get_by_text("Something has changed.")
    before, cards = heading.inner_text(), page.locator(".grid-3 .card").count()
    with no_worker(full), broken_balance(full):
        page.clock.run_for(31_000)
        offer.wait_for()
        said = heading.inner_text()
        cards_then = page.locator(".grid-3 .card").count()
    page.clock.run_for(31_000)
    offer.wait_for(state="hidden")
    again = heading.inner_text()
    window.close()

    assert "sign-ups are missing from the database" in said
    assert "missing" not in before
    assert cards_then == cards
    assert again == before
