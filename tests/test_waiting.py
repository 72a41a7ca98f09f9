"""Requests do not sleep, but for the pages named here."""

from app.delivery import lookup
from app.owner import connect
from tests.house import File, files
from tests.waiting import waiting_pages

# The pages that may wait, and why.
MAY_WAIT = {
    # It begins the work of connecting, waits for its end for a moment, and answers.
    "owner/connect.callback",
    # An admin pressed "Check now".
    "dashboard/accounts/views.read_account",
    # An admin asked what the provider holds of a person.
    "dashboard/signups/detail.look_up",
}
MAX_SECONDS_OF_CALLBACK = 2


def test_only_these_pages_may_wait() -> None:
    assert waiting_pages(list(files())) == MAY_WAIT


def test_the_callback_waits_no_longer_than_a_person_would() -> None:
    assert connect.PATIENCE < MAX_SECONDS_OF_CALLBACK
    assert lookup.PATIENCE <= 2


def page(name: str, body: str) -> File:
    return File(
        f"dashboard/{name}/views", f"@blueprint.get('/x')\ndef show():\n    {body}\n"
    )


def test_waiting_is_seen_by_whatever_name() -> None:
    helper = "from app.services import services\n"
    pages = [
        page("direct", "services().clock.sleep(1)"),
        page("handed_on", "retry_write(store, services().clock.sleep)"),
        page("below", "from app.accounts import slow\n    slow.look()"),
        page("method", "row = begin()\n    row.finish_slowly()"),
        page("quick", "return 'thanks'"),
        File(
            "accounts/slow",
            f"{helper}def look():\n    wait()\ndef wait():\n    s.sleep(9)",
        ),
        File(
            "accounts/kept",
            "class Row:\n    def finish_slowly(self):\n        sleep = c.sleep",
        ),
    ]

    assert waiting_pages(pages) == {
        f"dashboard/{name}/views.show"
        for name in ("direct", "handed_on", "below", "method")
    }
