"""The proof of work in a real browser: at every door, with and without script, and where
no Worker starts.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, FrameLocator, Page, expect
from sqlalchemy import select

from app.database.session import db
from app.forms.models import Form, FormDay
from app.signups import view_counts
from app.signups.models import Signup
from tests.browser.test_embeds import Share, Site, fill_in, press, site
from tests.browser.window import Window
from tests.world import World, until

__all__ = ["site"]  # a fixture
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
Open = Callable[..., Window]
Place = Page | FrameLocator


def proven() -> dict[str, tuple[bool, str]]:
    """Whether each sign-up was proven and which signals spoke, by its name."""
    db.session.rollback()
    rows = db.session.scalars(select(Signup))
    return {row.email.partition("@")[0]: (row.proven, row.signals) for row in rows}


def begun() -> int:
    view_counts.write()
    db.session.rollback()
    return sum(db.session.scalars(select(FormDay.begun)))


def has_solved(place: Place | Frame) -> None:
    expect(place.locator("input[name=proof]")).to_have_count(1)


def sign_up(place: Place, name: str) -> None:
    fill_in(place, f"{name}@example.com")
    has_solved(place)
    press(place)


def sandboxed(served: str, form: Form) -> str:
    """A frame whose page has an origin of its own, as some site builders make them."""
    return (
        f'<iframe id="sandboxed" title="Form" width="600" height="600"'
        f' src="{served}/f/{form.id}/embed" sandbox="allow-scripts allow-forms">'
        "</iframe>"
    )


def test_the_proof_arrives_from_every_door_with_many_frames_on_one_page(
    served: str, world: World, window: Open, site: Site
) -> None:
    form = world.form(world.account(), sites=[site.url])
    share = Share.of(world, form)
    frame = share.frame.replace("<iframe", '<iframe id="frame"', 1)
    body = share.script + frame + sandboxed(served, form)
    policy = share.policies[0]
    page = window().page

    page.goto(f"{served}/f/{form.id}")
    sign_up(page, "hosted")
    page.goto(site.page("all", body, policy))
    sign_up(page.frame_locator("latchkey-form iframe"), "script")
    sign_up(page.frame_locator("#frame"), "frame")
    sign_up(page.frame_locator("#sandboxed"), "sandboxed")

    assert proven() == dict.fromkeys(
        ("hosted", "script", "frame", "sandboxed"), (True, "")
    )
    until(lambda: begun() == 4, seconds=20)


def test_plain_html_brings_no_proof_but_the_page_it_may_lead_to_does(
    served: str, world: World, window: Open, site: Site
) -> None:
    account = world.account()
    named, other = (
        world.form(account, sites=sites)
        for sites in ([site.url], ["https://bakery.example"])
    )
    page = window().page

    for form, name in ((named, "named"), (other, "other")):
        share = Share.of(world, form)
        page.goto(site.page(name, share.html, share.policies[2]))
        fill_in(page, f"{name}@example.com")
        page.get_by_role("button", name="Sign me up").click()
        if form is other:
            expect(page.get_by_text("One more step")).to_be_visible()
            page.get_by_label("Yes, send me news").check()
            has_solved(page)
            press(page)
        else:
            expect(page.get_by_text("Thank you!")).to_be_visible()

    assert proven() == {
        "named": (False, ",no_proof,pasted,"),
        "other": (True, ""),
    }


def test_without_script_everybody_signs_up_and_one_signal_says_so(
    served: str, world: World, window: Open, site: Site
) -> None:
    form = world.form(world.account(), sites=[site.url])
    share = Share.of(world, form)
    body = share.frame + share.html + sandboxed(served, form)
    address = site.page("bare", body, f"{share.policies[0]};{share.policies[2]}")
    page = window(java_script_enabled=False).page

    page.goto(f"{served}/f/{form.id}")
    fill_in(page, "hosted@example.com")
    press(page)
    page.goto(address)
    for place, name in (
        (page.frame_locator("iframe >> nth=0"), "frame"),
        (page.frame_locator("#sandboxed"), "sandboxed"),
        (page, "html"),
    ):
        fill_in(place, f"{name}@example.com")
        press(place)

    without = (False, ",no_proof,")
    assert proven() == {
        "hosted": without,
        "frame": without,
        "sandboxed": without,
        "html": (False, ",no_proof,pasted,"),
    }
    assert begun() == 0


def test_a_step_back_somebody_else_at_the_same_laptop_and_a_mistake(
    served: str, world: World, window: Open
) -> None:
    form = world.form(world.account())
    page = window().page
    page.goto(f"{served}/f/{form.id}")
    sign_up(page, "zoe")
    page.go_back()
    sign_up(page, "corrected")
    page.get_by_role("link", name="Sign up someone else").click()
    fill_in(page, "friend@")
    has_solved(page)
    solution = page.locator("input[name=proof]").input_value()

    page.get_by_role("button", name="Sign me up").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    kept = page.locator("input[name=proof]").input_value()
    page.get_by_label("Email address").fill("friend@example.com")
    press(page)

    assert kept == solution
    assert proven() == dict.fromkeys(("zoe", "corrected", "friend"), (True, ""))
