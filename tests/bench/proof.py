"""What the proof of work adds to a press, in Chromium slowed down four times as a phone:
the same page with and without its challenge, in turns.

Chromium slows down pages but not their Workers, so the second row has none: there all
of it is computed on the slowed page. The time runs from the press until the form is
sent, with our own look at the network in it; nothing is stored.
"""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.bench.place import place
from tests.bench.served import Side, a_form_with_names, ours
from tests.browser.window import open_browser

SLOWED = 4
PRESSES = 40
ADDRESS = "zoe@example.com"
# The second submit event is the one that sends the form: it is kept from doing so.
WATCH = """(() => {
  let began = 0, sent;
  window.took = new Promise((done) => sent = done);
  addEventListener("submit", (event) => {
    if (!began) began = performance.now();
    else {
      event.preventDefault();
      event.stopImmediatePropagation();
      sent(performance.now() - began);
    }
  }, true);
})()"""
NO_WORKERS = "window.Worker = class { constructor() { throw new Error(); } };"
ROWS = (
    ("typed", 40, ""),
    ("typed, no Worker", 40, NO_WORKERS),
    ("pasted and pressed at once, no Worker", 0, NO_WORKERS),
)


def main() -> None:
    print(
        f"Milliseconds from a press until the form is sent, {PRESSES} each, CPU slowed"
        f" {SLOWED} times.\n"
        "| how | with: p50 / p99 | without: p50 / p99 | p50 | p99 | solved |\n"
        "|---|---|---|---|---|---|"
    )
    with place("sqlite") as here:
        a_form_with_names()
        with ours(here) as side, open_browser() as browser:
            for name, pause, script in ROWS:
                _row(browser, side, name, pause, script)


def _row(browser: Browser, side: Side, name: str, pause: int, script: str) -> None:
    with _visitor(browser, script) as proving, _visitor(browser, script) as plain:
        plain.route("**/f/*", _without_challenge)
        pages = [_slowed(proving), _slowed(plain)]
        took: list[list[float]] = [[], []]
        solved = 0
        for number in range(PRESSES + 1):
            for page, times in zip(pages, took, strict=True):
                milliseconds = _press(page, side.url + side.path, pause)
                times += [milliseconds] if number else []
            solved += bool(number and pages[0].locator("input[name=proof]").count())
    (one, one_p99), (other, other_p99) = map(_figures, took)
    print(
        f"| {name} | {one:.0f} / {one_p99:.0f} | {other:.0f} / {other_p99:.0f} |"
        f" {one - other:+.0f} | {one_p99 - other_p99:+.0f} | {solved} of {PRESSES} |",
        flush=True,
    )


@contextmanager
def _visitor(browser: Browser, script: str) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.add_init_script(script + WATCH)
    yield context
    context.close()


def _slowed(context: BrowserContext) -> Page:
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    return page


def _without_challenge(route: Route) -> None:
    answer = route.fetch()
    body = answer.text().replace("data-challenge", "data-no-challenge")
    route.fulfill(response=answer, body=body)


def _press(page: Page, address: str, pause: int) -> float:
    """Fill in the form and press; `pause` is that between two keys, in milliseconds, 0
    for a browser that fills it in.
    """
    page.goto(address)
    email = page.get_by_label("Email address")
    if pause:
        email.press_sequentially(ADDRESS, delay=pause)
    else:
        email.fill(ADDRESS)
    # by script: reaching for the button takes people longer than all of this
    page.evaluate("document.querySelector('form').requestSubmit()")
    return float(page.evaluate("took"))


def _figures(times: list[float]) -> tuple[float, float]:
    return statistics.median(times), sorted(times)[int(len(times) * 0.99) - 1]
