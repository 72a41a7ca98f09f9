"""Confirming by mail as people do it, and as mail scanners would."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect
from pydantic import SecretStr
from sqlalchemy import select

from app.config.settings import Settings
from app.confirmation.models import ConfirmationLink
from app.database.session import db
from app.forms.models import Form
from app.signups.models import Signup, SignupEvent, SignupState
from app.simulator.server import Running
from tests.browser.test_embeds import Share, Site, fill_in, site
from tests.browser.window import Spot, Window
from tests.confirmation.acting import form_with
from tests.conftest import test_settings as settings_of
from tests.mail.sink import Sink, serving
from tests.world import World, until

__all__ = ["site"]  # a fixture
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
Open = Callable[..., Window]
ZOE = "zoe@example.com"
DOORS = ("hosted", "script", "frame", "html")
# What a page's own script can do, but no person did.
PRETENDING = """
for (const kind of ["pointerdown", "pointerup", "pointermove", "click", "touchend"])
  document.body.dispatchEvent(new Event(kind, { bubbles: true }));
for (const key of ["Enter", " "])
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
dispatchEvent(new Event("focus")); document.dispatchEvent(new Event("visibilitychange"));
"""


@pytest.fixture
def sink() -> Iterator[Sink]:
    with serving() as taking:
        yield taking


@pytest.fixture
def settings(
    database: str, simulator: Running, data_dir: Path, spot: Spot, sink: Sink
) -> Settings:
    return settings_of(
        database,
        simulator.url,
        data_dir,
        public_url=spot.url,
        worker_poll=0.05,
        smtp_url=SecretStr(sink.url()),
        mail_from="hello@example.org",
        keep_networks="full",
    )


@pytest.fixture
def form(world: World, site: Site) -> Form:
    """A form that asks everybody, also on another site."""
    return form_with(world, world.account(), confirmation="on", sites=[site.url])


def links_in_mail(sink: Sink, email: str = ZOE) -> list[str]:
    until(lambda: sink.to(email))
    return re.findall(r"http://\S+", sink.to(email)[-1].text)


def asked(world: World, form: Form, sink: Sink) -> str:
    """The link that Zoe was sent."""
    answer = world.press(world.app.test_client(), form, email_address=ZOE)
    assert answer.status_code == 303
    return links_in_mail(sink)[0]


def row_of(email: str = ZOE) -> Signup:
    db.session.rollback()
    return db.session.scalars(select(Signup).where(Signup.email == email)).one()


def confirmed() -> SignupEvent | None:
    db.session.rollback()
    return db.session.scalar(select(SignupEvent).where(SignupEvent.what == "confirmed"))


def delivered(email: str = ZOE) -> bool:
    return row_of(email).state == SignupState.DELIVERED


# -- people


@pytest.mark.parametrize("with_script", [True, False], ids=["script", "no script"])
def test_from_the_press_by_one_click_to_the_list(
    served: str,
    world: World,
    window: Open,
    site: Site,
    form: Form,
    sink: Sink,
    with_script: bool,
) -> None:
    share = Share.of(world, form)
    snippets = {
        "hosted": "",
        "script": share.script,
        "frame": share.frame,
        "html": share.html,
    }
    policies = dict(zip(("script", "frame", "html"), share.policies, strict=True))
    visitor = window(java_script_enabled=with_script)
    page = visitor.page
    doors = DOORS if with_script else ("hosted", "frame", "html")
    for door in doors:
        email = f"by-{door}@example.com"
        address = f"{served}/f/{form.id}"
        if door != "hosted":
            address = site.page(door, snippets[door], policies[door])
        page.goto(address)
        place: Page | FrameLocator = page
        if door in ("script", "frame"):
            place = page.frame_locator("iframe")
        fill_in(place, email)
        place.get_by_role("button", name="Sign me up").click()
        expect(place.get_by_text("One more step")).to_be_visible()
        page.goto(links_in_mail(sink, email)[0])
        if with_script:
            page.get_by_role("heading").click()  # anywhere
        else:
            page.get_by_role("button", name="Yes, sign me up").click()
        expect(page.get_by_text("is confirmed")).to_be_visible()
        until(lambda email=email: delivered(email))  # type: ignore[misc]

    assert visitor.context.cookies() == []
    assert len(sink.taken) == len(doors)


def test_not_me_is_one_click_by_hand_and_by_keys(
    served: str, world: World, window: Open, form: Form, sink: Sink
) -> None:
    page = window().page
    page.goto(asked(world, form, sink))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(
        page.get_by_role("heading", name=("Thanks for letting us know"))
    ).to_be_visible()

    assert confirmed() is None
    assert row_of().reason == "not_me"


def test_a_key_confirms(
    served: str, world: World, window: Open, form: Form, sink: Sink
) -> None:
    page = window().page
    page.goto(asked(world, form, sink))
    page.keyboard.press("Enter")
    expect(page.get_by_text("is confirmed")).to_be_visible()


def test_a_form_s_own_page_comes_after_confirming(
    served: str, world: World, window: Open, site: Site, sink: Sink
) -> None:
    welcome = site.page("welcome", "<p>Welcome, dear reader.")
    form = form_with(world, world.account(), confirmation="on", confirm_url=welcome)
    page = window().page
    page.goto(asked(world, form, sink))
    page.get_by_role("button", name="Yes, sign me up").click()

    expect(page.get_by_text("Welcome, dear reader.")).to_be_visible()


# -- mail scanners


def test_no_scanner_confirms_but_one_that_presses_the_button(
    served: str, world: World, window: Open, form: Form, sink: Sink
) -> None:
    asked(world, form, sink)
    links = links_in_mail(sink)
    page = window().page
    for link in links:
        page.request.head(link)
        page.request.get(link)
    page.clock.install()
    for link in links:  # with script, waiting for a minute
        page.goto(link)
        page.evaluate(PRETENDING)
        page.clock.run_for(61_000)
        page.bring_to_front()
        page.mouse.move(200, 200)
        page.keyboard.press("Tab")
        for address in page.eval_on_selector_all(
            "[href], [src]", "all => all.map(one => one.href || one.src)"
        ):
            page.request.get(address)
    before = (confirmed(), row_of().state)

    scanner = window(user_agent="A scanner that presses buttons").page
    scanner.goto(links[0])
    scanner.get_by_role("button", name="Yes, sign me up").click()
    expect(scanner.get_by_text("is confirmed")).to_be_visible()
    until(delivered)

    assert before == (None, SignupState.CONFIRMING)
    event = confirmed()
    assert event
    assert event.detail["network"] == "127.0.0.1"
    assert event.detail["agent"] == "A scanner that presses buttons"
    assert 0 <= event.detail["seconds"] < 60
    link = db.session.scalars(select(ConfirmationLink)).one()
    assert link.opened_at is not None
