"""The three ways into somebody's page, taken from the Share page and put on another
site: localhost, not 127.0.0.1.
"""

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from flask import Flask, Response
from playwright.sync_api import FrameLocator, Page, expect

from app.database.session import db
from app.forms.models import Form
from app.signups.models import Signup
from tests.browser.test_pages import AXE, LOOK
from tests.browser.window import Spot, Window
from tests.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
Open = Callable[..., Window]
MAX = 12 * 1024  # bytes of all that a framed form loads, compressed
LISTEN = """window.told = [];
for (const what of ["ready", "submitted", "error"])
  addEventListener("latchkey:" + what, ({ target, detail }) => told.push([what, target.id, detail].join(" ").trim()));
window.moved = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) moved += one.value; })
  .observe({ type: "layout-shift", buffered: true });"""


@dataclass
class Share:
    """What the Share page has to copy."""

    script: str
    newest: str
    frame: str
    html: str
    style: str
    policies: list[str]  # of script, frame, HTML

    @classmethod
    def of(cls, world: World, form: Form) -> "Share":
        page = world.signed_in().get(f"/forms/{form.id}/share").text
        found = [
            (unescape(label), unescape(area or value))
            for label, area, value in re.findall(
                r'class="field-label">([^<]*)</span>\s*<(?:textarea[^>]*>([^<]*)<|input[^>]*?'
                r' value="([^"]*)")',
                page,
            )
        ]
        boxes = dict(found)
        return cls(
            boxes["Script to paste"],
            boxes["The newest script"],
            boxes["Frame to paste"],
            boxes["HTML to paste"],
            boxes["Line for your style sheet"],
            [text for label, text in found if label == "Add to the policy"],
        )


class Site:
    """Somebody's website, a page for each path; its policy forbids all that is not
    named.
    """

    def __init__(self) -> None:
        self.there = Spot()
        self.url = self.there.url.replace("127.0.0.1", "localhost")
        self.pages: dict[str, tuple[str, str]] = {}
        self.style = ""

    def page(self, path: str, body: str, policy: str = "") -> str:
        strict = {
            "default-src": "'none'",
            "style-src": "'self'",
            "img-src": "'self'",
            "form-action": "'none'",
            "base-uri": "'none'",
        }
        named = (
            dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
            if policy
            else {}
        )
        html = (
            '<!doctype html><html lang="en"><meta name="viewport"'
            ' content="width=device-width"><title>Our bakery</title><link'
            ' rel="stylesheet" href="/style.css"><main><h1>Our'
            f" bakery</h1>{body}<p>Open from seven.</p></main>"
        )
        self.pages[path] = (
            html,
            "; ".join(f"{name} {value}" for name, value in (strict | named).items()),
        )
        return f"{self.url}/{path}"

    def answer(self, path: str) -> Response:
        if path not in self.pages:
            return (
                Response(self.style, mimetype="text/css")
                if path == "style.css"
                else Response(status=204)
            )
        html, policy = self.pages[path]
        return Response(
            html, mimetype="text/html", headers={"Content-Security-Policy": policy}
        )

    @contextmanager
    def open(self) -> Iterator[None]:
        app = Flask("other_site", static_folder=None)
        app.add_url_rule("/<path:path>", view_func=self.answer)
        with self.there.serve(app):
            yield


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    with made.open():
        yield made
    made.there.close()


def fill_in(place: Page | FrameLocator, address: str) -> None:
    place.get_by_label("Email address").fill(address)
    place.get_by_label("First name").fill("Zoë")
    place.get_by_label("Yes, send me news").check()


def press(place: Page | FrameLocator) -> None:
    place.get_by_role("button", name="Sign me up").click()
    expect(place.get_by_text("Thank you!")).to_be_visible()


def hears(page: Page, events: int) -> None:
    """Wait for so many events.

    The page's policy has no eval, which Playwright's own waiting needs.
    """
    page.evaluate(
        """(events) => new Promise((done, failed) => {
        setTimeout(failed, 10000, "not told: " + told);
        (function look() { told.length < events ? setTimeout(look, 10) : done(); })();
    })""",
        events,
    )


def stored() -> dict[str, str]:
    """The page that each sign-up came from, by its address."""
    db.session.rollback()
    return {row.email: row.host_page for row in db.session.query(Signup)}


def test_each_snippet_works_under_the_policy_that_stands_beside_it(
    served: str, world: World, window: Open, site: Site
) -> None:
    form = world.form(world.account(), sites=[site.url])
    share = Share.of(world, form)
    snippets = dict(
        zip(
            ("script", "frame", "html"),
            (share.script, share.frame, share.html),
            strict=True,
        )
    )
    addresses = [
        site.page(name, html, policy)
        for (name, html), policy in zip(snippets.items(), share.policies, strict=True)
    ]
    visitor = window()
    loaded: set[str] = set()
    visitor.page.on("requestfinished", lambda request: loaded.add(request.url))

    for name, address in zip(snippets, addresses, strict=True):
        visitor.page.goto(f"{address}?utm_source=flyer&secret=1")
        place = visitor.page if name == "html" else visitor.page.frame_locator("iframe")
        fill_in(place, f"{name}@example.com")
        if name == "script":
            bodies = {
                url: visitor.page.request.get(url).body()
                for url in loaded
                if url.startswith(served) and "/embed/v1" not in url
            }
        press(place)

    framed = next(url for url in bodies if f"/f/{form.id}/embed" in url)
    assert stored() == {
        f"{name}@example.com": f"{site.url}/{'script' if name == 'script' else ''}"
        for name in snippets
    }
    assert "utm_source=flyer" in framed
    assert "secret" not in framed
    assert {url.split("/")[2] for url in loaded} == {
        served.split("/")[2],
        site.url.split("/")[2],
    }
    assert sum(len(gzip.compress(body)) for body in bodies.values()) <= MAX
    assert visitor.context.cookies() == []


def test_forms_come_and_go_on_one_page_each_with_its_own_events(
    served: str, world: World, window: Open, site: Site
) -> None:
    account = world.account()
    forms = [world.form(account, heading=heading) for heading in ("First", "Second")]
    one, two = (Share.of(world, form) for form in forms)
    body = (one.script + two.newest).replace(
        "<latchkey-form", '<latchkey-form id="a"', 1
    )
    body = '<latchkey-form id="b"'.join(body.rsplit("<latchkey-form", 1))
    address = site.page("both", body, one.policies[0])
    visitor = window()
    page = visitor.page
    page.add_init_script(LISTEN)
    page.goto(address)
    hears(page, 2)
    tall = page.locator("#b iframe").bounding_box()
    page.evaluate(
        "for (const data of [{latchkey: 'submitted', height: 9999}, null, 'ready'])"
        " postMessage(data, '*')"
    )

    fill_in(page.frame_locator("#b iframe"), "zoe@example.com")
    press(page.frame_locator("#b iframe"))
    hears(page, 3)
    short = page.locator("#b iframe").bounding_box()
    first = page.evaluate_handle("document.getElementById('a')")
    first.evaluate("(one) => { window.where = one.parentNode; one.remove(); }")
    gone = page.locator("iframe").count()
    first.evaluate("(one) => where.append(one)")
    expect(
        page.frame_locator("#a iframe").get_by_role("heading", name="First")
    ).to_be_visible()
    hears(page, 4)
    told = page.evaluate("told")
    first.evaluate(
        "(one) => { one.firstChild.href = document.querySelector('#b a').href; }"
    )
    expect(
        page.frame_locator("#a iframe").get_by_role("heading", name="Second")
    ).to_be_visible()
    first.evaluate("(one) => { one.firstChild.href = '/elsewhere'; }")
    expect(page.get_by_role("link", name="First")).to_be_visible()

    assert sorted(told[:2]) == ["ready a", "ready b"]
    assert told[2:] == ["submitted b", "ready a"]
    assert gone == 1
    assert tall
    assert short
    assert short["height"] < tall["height"] < 1000
    assert len(stored()) == 1


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_moves_and_nothing_is_cut_off(
    served: str, world: World, window: Open, site: Site, width: int
) -> None:
    share = Share.of(
        world,
        world.form(
            world.account(), intro="Bread, buns and what to do with what is left. " * 3
        ),
    )
    site.style = "body { font: 16px/1.5 sans-serif } " + share.style
    address = site.page("still", share.script, share.policies[0])
    page = window(width=width, color_scheme="dark").page
    page.add_init_script(LISTEN)
    page.goto(address)
    hears(page, 1)
    frame = page.frames[1]
    page.evaluate(
        "new Promise((done) => requestAnimationFrame(() =>"
        " requestAnimationFrame(done)))"
    )
    moved, reserved = page.evaluate(
        "[moved, document.querySelector('latchkey-form').offsetHeight]"
    )
    inside = frame.evaluate(
        """[Math.ceil(document.body.getBoundingClientRect().height), innerHeight,
                                document.documentElement.scrollWidth]"""
    )
    faults = []
    for one in (page, frame):
        one.evaluate(AXE)
        faults += one.evaluate(LOOK, None)

    assert moved == 0
    assert inside[0] == inside[1] <= reserved
    assert inside[2] <= width
    assert faults == []


def test_without_scripts_there_is_a_link_a_frame_and_the_form_itself(
    served: str, world: World, window: Open, site: Site
) -> None:
    form = world.form(world.account(), sites=[site.url], heading="Our news")
    share = Share.of(world, form)
    address = site.page(
        "all",
        share.script + share.frame + share.html,
        ";".join([share.policies[0], share.policies[2]]),
    )
    page = window(java_script_enabled=False).page

    page.goto(address)
    fill_in(page.frame_locator("iframe"), "frame@example.com")
    press(page.frame_locator("iframe"))
    fill_in(page, "html@example.com")
    press(page)
    page.goto(address)
    page.get_by_role("link", name="Our news").click()
    fill_in(page, "link@example.com")
    press(page)

    assert stored() == {
        "frame@example.com": f"{site.url}/",
        "html@example.com": f"{site.url}/",
        "link@example.com": "",
    }


def test_by_keyboard_alone_into_the_frame_to_the_thanks_and_out_again(
    served: str, world: World, window: Open, site: Site
) -> None:
    share = Share.of(world, world.form(world.account()))
    address = site.page(
        "keys", share.script + '<a href="/elsewhere">Elsewhere</a>', share.policies[0]
    )
    page = window(width=320).page
    page.goto(address)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_label("Email address")).to_be_visible()

    page.keyboard.press("Tab")
    # the frame is another process: its first letter would be lost
    expect(frame.get_by_label("Email address")).to_be_focused()
    page.keyboard.type("zoe@")
    for typed in ("Zoë", None, " "):
        page.keyboard.press("Tab")
        if typed:
            page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect(frame.get_by_role("alert").first).to_be_focused()
    for keys in ("Tab", "Enter", "End"):
        page.keyboard.press(keys)
    page.keyboard.type("example.com")
    page.keyboard.press("Enter")
    expect(frame.get_by_role("status")).to_be_focused()
    page.keyboard.press("Tab")
    expect(frame.get_by_role("link", name="Sign up someone else")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Elsewhere")).to_be_focused()

    assert list(stored()) == ["zoe@example.com"]


def test_a_form_that_may_not_be_shown_here_leaves_its_link(
    served: str, world: World, window: Open, site: Site
) -> None:
    form = world.form(
        world.account(), sites=["https://bakery.example"], heading="Our news"
    )
    share = Share.of(world, form)
    visitor = window()
    page = visitor.page
    page.clock.install()
    page.add_init_script(LISTEN)
    with page.expect_response(re.compile(r"/embed\?")):
        page.goto(site.page("refused", share.script, share.policies[0]))
    page.wait_for_load_state()
    hidden = page.get_by_role("link", name="Our news").count()
    page.clock.fast_forward(3500)
    expect(page.get_by_role("link", name="Our news")).to_be_visible()
    told: Any = page.evaluate("told")
    complaints, visitor.complaints[:] = list(visitor.complaints), []

    assert hidden == 0
    assert told == ["error"]
    assert all("frame-ancestors" in said for said in complaints)
