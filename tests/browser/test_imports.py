"""An import in a browser on a phone: the file goes up, the page follows what becomes of
it by itself.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.imports import upload
from tests.browser.window import Window
from tests.world import ONE_DATABASE, SharedClock, World, until

pytestmark = pytest.mark.browser
FILE = (
    "Email,Vorname\n"
    + "".join(f"p{n}@example.com,Zoë {n}\n" for n in range(30))
    + "nobody,\n"
)


@ONE_DATABASE
def test_a_file_goes_the_whole_way_on_a_phone(
    served: str, world: World, window: Callable[..., Window], tmp_path: Path
) -> None:
    account, large = world.account(), tmp_path / "large.csv"
    large.touch()
    one = window(width=360)
    cookie = world.signed_in().get_cookie(world.app.config["SESSION_COOKIE_NAME"])
    assert cookie
    one.context.add_cookies(
        [{"name": cookie.key, "value": cookie.value, "url": served}]
    )
    page = one.page
    page.goto(f"{served}/imports")

    page.get_by_label("File").set_input_files(
        {"name": "notes.pdf", "mimeType": "text/csv", "buffer": b"%PDF-1.7"}
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert").get_by_text("This is a PDF.")).to_be_visible()
    one.complaints.clear()  # the answer was 422, as it should be
    os.truncate(large, upload.most_bytes() + 1)
    page.get_by_label("File").set_input_files(large)
    expect(page.get_by_text("This file is larger than 50 MB.")).to_be_visible()
    page.get_by_label("File").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    )
    page.get_by_role("button", name="Upload").click()
    page.get_by_label("Vorname").select_option("First name")
    page.get_by_role("group", name="Lists").get_by_role("checkbox").first.check()
    width = page.evaluate("document.documentElement.scrollWidth")
    page.get_by_role("button", name="Check all rows").last.click()
    expect(page.get_by_role("link", name="Download all problems")).to_be_visible()
    page.get_by_role("button", name="Import 30 contacts").click()
    until(
        lambda: (
            SharedClock.advance(seconds=2)
            or page.get_by_text("Import finished").is_visible()
        )
    )

    assert width == 360
    assert "30 contacts were added or updated." in page.inner_text("main")
    assert "p29@example.com" in world.contacts(account)
