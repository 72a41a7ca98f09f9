"""From the thanks to the provider: how soon when idle, and how fast and how fairly when
400 wait.

Measured from outside, over HTTP: presses go in at the web server, calls are read from
the simulator's log. The limits are the provider's true ones (4 calls a second, 10,000 a
day) and the settings those that are shipped.
"""

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from html import unescape
from typing import Any
from uuid import uuid4

import requests

from tests.bench.client import ROOT, TOKEN
from tests.bench.place import DATABASES, Place, place
from tests.bench.served import Side, ours
from tests.serving.processes import environment, running

LATENCY, PRESSES = 0.15, 15  # seconds; presses when idle
MANY, FEW, SMALL, WAITING = 300, 10, 10, 400
LIMITS = {"calls_per_second": 4, "calls_per_day": 10_000, "token_calls_per_second": 1}
PATIENCE = 400.0  # seconds
SHIPPED = {
    "LATCHKEY_CALL_GAP": 0.27,
    "LATCHKEY_TOKEN_GAP": 1.25,
    "LATCHKEY_CALLS_PER_DAY": 10_000,
    "LATCHKEY_WORKER_POLL": 0.5,
}


def main() -> None:
    if len(sys.argv) > 3:  # one of the four, in a process of its own
        return _drain(sys.argv[2], int(sys.argv[3]))
    for kind in DATABASES:
        _idle(kind)
    for workers in (1, 4):
        parts = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-W",
                    "ignore",
                    "-m",
                    "tests.bench.deliver",
                    "",
                    kind,
                    str(workers),
                ],
                cwd=ROOT,
            )
            for kind in DATABASES
        ]
        assert [part.wait() for part in parts] == [0] * len(parts)
    return None


def _idle(kind: str) -> None:
    with place(kind) as here:
        form = here.world.form(here.world.account())
        here.world.control("limits", **LIMITS)
        here.world.fault("/v3", latency_ms=LATENCY * 1000)
        with ours(here, f"/f/{form.id}", LATCHKEY_WORKER="embedded", **SHIPPED) as side:
            taken = [_one_press(here, side) for _ in range(PRESSES)][1:]
    trips = statistics.median(taken) / LATENCY
    print(
        f"| {kind} | idle, {LATENCY * 1000:.0f} ms a call: thanks → arrival, median | "
        f"{statistics.median(taken) * 1000:.0f} ms | {trips:.2f} round trips |",
        flush=True,
    )


def _one_press(here: Place, side: Side) -> float:
    """Seconds from the thanks to the arrival of the call that delivers it; then a
    pause, so that the next is idle.
    """
    before = len(_sent(here))
    _press(requests.Session(), side.url + side.path)
    thanked = time.time()
    while len(found := _sent(here)) == before:
        time.sleep(0.005)
    time.sleep(2.0)
    return float(found[-1]["at"]) - thanked


def _sent(here: Place) -> list[dict[str, Any]]:
    return [
        call
        for call in here.world.calls("/contacts/sign_up_form")
        if call["status"] in (200, 201)
    ]


def _press(browser: requests.Session, url: str) -> None:
    found = TOKEN.search(browser.get(url, timeout=30).text)
    assert found
    typed = {
        "form_token": unescape(found[1]),
        "email_address": f"{uuid4().hex[:20]}@example.com",
        "consent": "y",
    }
    assert (
        browser.post(url, data=typed, timeout=30, allow_redirects=False).status_code
        == 303
    )


def _drain(kind: str, workers: int) -> None:
    """One account with 300, then ten forms of the others with 10 each; all wait before
    the first worker starts.
    """
    with place(kind) as here:
        accounts = [
            here.world.account(number)
            for number in range(len(here.world.provider_accounts()))
        ]
        large, small = accounts[0], accounts[1:]
        forms = [
            here.world.form(large),
            *(here.world.form(small[n % len(small)]) for n in range(SMALL)),
        ]
        with ours(here, LATCHKEY_WORKER="off") as side, requests.Session() as browser:
            for form, count in zip(forms, [MANY, *[FEW] * SMALL], strict=True):
                for _ in range(count):
                    _press(browser, f"{side.url}/f/{form.id}")
        here.world.control("limits", **LIMITS)
        began = time.time()
        with _workers(here, workers):
            while (
                len(_since(_sent(here), began)) < WAITING
                and time.time() < began + PATIENCE
            ):
                time.sleep(1.0)
        _tell(kind, workers, here, began, large.provider_id)


@contextmanager
def _workers(here: Place, count: int) -> Iterator[None]:
    env = environment(
        here.world.app.extensions["latchkey"].settings,
        LATCHKEY_WORKER="off",
        FLASK_APP="wsgi",
        **SHIPPED,
    )
    with ExitStack() as ends:
        for number in range(count):
            ends.enter_context(
                running(
                    ["flask", "latchkey", "worker"],
                    env,
                    here.folder / f"worker-{number}.log",
                )
            )
        yield


def _tell(kind: str, workers: int, here: Place, began: float, large: str) -> None:
    calls = sorted(_since(here.world.calls(""), began), key=lambda call: call["at"])
    calls = [call for call in calls if re.match("/v3/", call["path"])]
    at = [call["at"] for call in calls]
    sent = _since(_sent(here), began)
    ends = [call["at"] for call in sent]
    took, others = (
        max(ends) - at[0],
        [call["at"] for call in sent if call["account"] != large],
    )
    busiest = max(sum(one <= other < one + 1 for other in at) for one in at)
    refused = sum(call["status"] == 429 for call in calls)
    print(
        f"| {kind} | {len(sent)} of {WAITING} waiting, {workers}"
        f" worker{'s' * (workers > 1)} | {took:.0f} s | {len(calls) / took:.2f} calls a"
        f" second = {len(calls) / took / 4:.2f} of the limit, {len(sent) / took:.2f}"
        f" sign-ups a second | {refused} × 429 | at most {busiest} calls in a second |"
        f" last of the small accounts at {(max(others) - at[0]) / took:.2f} of the"
        " drain |",
        flush=True,
    )


def _since(calls: list[dict[str, Any]], began: float) -> list[dict[str, Any]]:
    return [call for call in calls if call["at"] >= began]


if __name__ == "__main__":
    main()
