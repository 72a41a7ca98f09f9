"""The export in a browser: its progress, its end, and that a broken one is told from a
whole one.
"""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browser.window import Window
from tests.world import ONE_DATABASE, World

pytestmark = pytest.mark.browser


@ONE_DATABASE
def test_an_export_ends_in_a_file_and_one_that_breaks_off_says_so(
    served: str, world: World, window: Callable[..., Window]
) -> None:
    form = world.form(world.account())
    for n in range(3):
        world.signup(form, f"zoe{n}@example.com")
    one = window(width=360)
    admin = world.signed_in()
    cookie = admin.get_cookie(world.app.config["SESSION_COOKIE_NAME"])
    assert cookie
    one.context.add_cookies(
        [{"name": cookie.key, "value": cookie.value, "url": served}]
    )
    page, button = (
        one.page,
        one.page.get_by_role("link", name="Export 3 sign-ups as CSV"),
    )
    page.goto(f"{served}/signups")

    with page.expect_download() as coming:
        button.click()
    saved = Path(coming.value.path()).read_bytes()
    expect(
        page.get_by_text("3 exported. The file is among your downloads.").last
    ).to_be_visible()
    page.route("**/signups.csv*", break_off)
    button.click()
    expect(
        page.get_by_text("The export broke off after 3 of 3. Nothing was saved.").last
    ).to_be_visible()
    page.unroute("**/signups.csv*")
    page.route("**/signups.csv*", lambda _route: None)
    button.click()
    # that was another one
    expect(page.get_by_text("The export broke off")).to_have_count(0)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped. Nothing was saved.").last).to_be_visible()

    assert coming.value.suggested_filename.startswith("signups-2")
    assert saved == admin.get("/signups.csv").data
    assert (
        len(list(csv.reader(io.StringIO(saved.decode("utf-8-sig"), newline="")))) == 4
    )


def break_off(route: Route) -> None:
    """All lines arrive, and the end does not: a proxy that hid that the server had
    died.
    """
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.body().rpartition(b"\x04")[0])
