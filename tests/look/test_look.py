"""Every shell and macro, in a real browser: nothing for axe to find, no policy broken,
nothing wider than a phone.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.live_server import serving

# The gallery is no package: it stands beside this file.
sys.path.insert(0, str(Path(__file__).parent))
import gallery

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[1] / "vendor" / "axe-core-4.14.1" / "axe.min.js"
# Root in a container has no sandbox to give; the rest keeps the browser from phoning
# home.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(gallery.create_gallery()) as server:
        yield server.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.fail("No Chromium found: install it, or name its path in CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_accessible_and_keep_the_policy(
    browser: Browser, address: str, theme: str
) -> None:
    page, said = open_page(browser, theme, width=1280)
    faults = []
    for name in gallery.PAGES:
        page.goto(f"{address}/{name}")
        open_everything(page)
        # Handed over as code to evaluate, which the page's policy does not govern.
        page.evaluate(AXE.read_text())
        # nothing else changes with the light
        rules = {"runOnly": ["color-contrast"]} if theme == "dark" else {}
        found = page.evaluate(
            "async (rules) => (await axe.run(rules)).violations", rules
        )
        faults += [
            f"{name}: {fault['id']}: {node['html'][:160]} {node['failureSummary']}"
            for fault in found
            for node in fault["nodes"]
        ]
    page.context.close()

    assert faults == []
    assert said == []


@pytest.mark.parametrize(
    "scripts", [True, False], ids=["with scripts", "without scripts"]
)
def test_nothing_is_wider_than_a_small_phone(
    browser: Browser, address: str, scripts: bool
) -> None:
    page, said = open_page(browser, "light", width=320, java_script_enabled=scripts)
    wide = []
    for name in gallery.PAGES:
        page.goto(f"{address}/{name}")
        if scripts:
            open_everything(page)
        reached = page.evaluate("document.documentElement.scrollWidth")
        wide += [f"{name}: {reached}"] if reached > 320 else []
    page.context.close()

    assert wide == []
    assert said == []


def test_htmx_sends_the_token_and_keeps_error_pages_out(
    browser: Browser, address: str
) -> None:
    page, said = open_page(browser, "light", width=1280)
    page.goto(f"{address}/parts")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("token came").wait_for()
    broken = list(said)
    page.get_by_role("button", name="Ask in vain").click()
    page.get_by_text("That didn’t work.").wait_for()
    left = page.locator("#echo").inner_text()
    page.context.close()

    assert broken == []
    assert left == "token came"


def test_copying_works_and_says_so(browser: Browser, address: str) -> None:
    page, _ = open_page(
        browser, "light", width=1280, permissions=["clipboard-read", "clipboard-write"]
    )
    page.goto(f"{address}/account")
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    page.context.close()

    assert copied.startswith("https://latchkey.example/connect/")


def test_times_follow_the_reader_and_keep_utc_in_the_title(
    browser: Browser, address: str
) -> None:
    page, _ = open_page(
        browser, "light", width=1280, timezone_id="Asia/Tokyo", locale="en-GB"
    )
    page.goto(f"{address}/account")
    time = page.locator("time").first
    shown, exact = time.inner_text(), time.get_attribute("title")
    page.context.close()

    assert "23:02" in shown
    assert exact == "May 3, 2026, 14:02:11 UTC"


def test_errors_take_the_focus_and_lead_to_their_fields(
    browser: Browser, address: str
) -> None:
    page, _ = open_page(browser, "light", width=1280, java_script_enabled=False)
    page.goto(f"{address}/visitor-errors")
    page.wait_for_timeout(200)
    focused = page.evaluate("document.activeElement.className")
    page.get_by_role("link", name="Choose at least one list").click()
    led_to = page.evaluate("document.activeElement.id")
    page.context.close()

    assert focused == "error-summary"
    assert led_to == "lists-0"


def open_page(
    browser: Browser, theme: str, width: int, **options
) -> tuple[Page, list[str]]:
    """A page without motion, and the list in which it keeps what the console complains
    of.
    """
    context = browser.new_context(
        color_scheme=theme,
        reduced_motion="reduce",
        viewport={"width": width, "height": 800},
        **options,
    )
    page, said = context.new_page(), []
    page.on(
        "console",
        lambda message: (
            said.append(f"{page.url}: {message.text}")
            if message.type in ("error", "warning")
            else None
        ),
    )
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    page.on(
        "response",
        lambda answer: (
            said.append(f"{answer.url}: {answer.status}")
            if answer.status >= 400
            else None
        ),
    )
    return page, said


def open_everything(page: Page) -> None:
    page.evaluate(
        "for (const one of document.querySelectorAll('details')) one.open = true"
    )
