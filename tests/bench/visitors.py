"""Presses of visitors beside Flask alone: 1, 8 and 32 at once; and while the provider
is slow or down.
"""

from contextlib import ExitStack

from tests.bench.client import Job, Told, crowd
from tests.bench.place import DATABASES, place
from tests.bench.served import HEAD, Side, both, line, medians, ours, race
from tests.serving.processes import free_port

AT_ONCE, ROUNDS, SECONDS = 8, 5, 4.0
UNWELL = ("2 s a call", "nobody there")


def main() -> None:
    print("A press: the post, and the page that it leads to.\n" + HEAD)
    for kind in DATABASES:
        with place(kind) as here, both(here) as sides:
            for visitors in (1, 8, 32):
                race(kind, f"{visitors} at once", ("press", "press"), sides, visitors)
    print(
        "\nThe same with the worker on, while the provider is unwell.\n"
        + HEAD.replace("yardstick", "a healthy provider")
    )
    for kind in DATABASES:
        _while_the_provider_is_unwell(kind)


def _while_the_provider_is_unwell(kind: str) -> None:
    """Three of ours, each with a database and a provider of its own: well, slow, and
    not there.
    """
    nobody = f"http://127.0.0.1:{free_port()}"
    with ExitStack() as ends:
        sides = [
            _delivering(ends, kind, **more)
            for more in (
                {},
                {"latency_ms": 2000},
                {"CTCT_API_URL": f"{nobody}/v3", "CTCT_AUTH_URL": nobody},
            )
        ]
        told: list[list[Told]] = [[], [], []]
        for number in range(ROUNDS + 1):
            for side, found in zip(sides, told, strict=True):
                one = crowd(
                    Job(
                        side.port,
                        side.path,
                        "press",
                        AT_ONCE,
                        SECONDS if number else 1.0,
                    )
                )
                assert not one.wrong
                found.extend([one] if number else [])
        for words, found in zip(UNWELL, told[1:], strict=True):
            print(
                line(
                    kind,
                    f"{AT_ONCE} at once, {words}",
                    medians(found),
                    medians(told[0]),
                ),
                flush=True,
            )


def _delivering(ends: ExitStack, kind: str, latency_ms: int = 0, **more: str) -> Side:
    """Rows are made before the next place opens: that one's database is then the
    current one.
    """
    here = ends.enter_context(place(kind))
    form = here.world.form(here.world.account())
    if latency_ms:
        here.world.fault("/v3", latency_ms=latency_ms)
    return ends.enter_context(
        ours(
            here,
            f"/f/{form.id}",
            LATCHKEY_WORKER="embedded",
            LATCHKEY_CALL_GAP=0.27,
            **more,
        )
    )
