"""An account's life as a person reads it: renewals in a row are one line, trouble says
how long it lasted.
"""

from datetime import UTC, datetime, timedelta

from app.accounts.models import AccountEvent
from app.dashboard.accounts import timeline
from app.database.session import write_transaction
from tests.accounts.owner import one_database
from tests.dashboard.reading import text_of
from tests.world import World

pytestmark = one_database
DAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def happened(*whats: tuple[float, str, str]) -> list[AccountEvent]:
    """(days, what, detail), oldest first, as the newest-first list that a query gives."""
    return [
        AccountEvent(at=DAY + timedelta(days=days), what=what, detail=detail)
        for days, what, detail in whats
    ][::-1]


def test_renewals_in_a_row_are_one_line_from_when_to_when(world: World) -> None:
    lines = timeline.fold(
        happened(
            (0, "connected", "nora@example.com"),
            (1, "refreshed", ""),
            (2, "refreshed", ""),
            (3, "refreshed", ""),
        )
    )

    assert [str(line.title) for line in lines] == [
        "Connection renewed 3 times",
        "Connected",
    ]
    assert (lines[0].first, lines[0].when) == (
        DAY + timedelta(days=1),
        DAY + timedelta(days=3),
    )
    assert lines[1].text == "By nora@example.com."


def test_one_renewal_alone_is_told_as_it_is(world: World) -> None:
    assert [
        str(line.title) for line in timeline.fold(happened((0, "refreshed", "")))
    ] == ["Connection renewed"]


def test_trouble_that_is_over_says_how_long_it_took(world: World) -> None:
    lines = timeline.fold(
        happened(
            (0, "trouble", "provider_down"),
            (0.1, "trouble", "unreachable"),
            (0.25, "mended", ""),
        )
    )

    assert lines[0].text == "After 6 hours."
    assert "couldn’t reach" in str(lines[1].text)


def test_the_exact_answer_goes_with_a_refusal_only(world: World) -> None:
    refused, ended = timeline.fold(
        happened(
            (0, "disconnected", "owner"), (1, "grant_refused", "invalid_grant: no")
        )
    )

    assert refused.detail == "invalid_grant: no"
    assert (ended.text, ended.detail) == ("By its owner.", "")


def test_months_are_those_of_the_operators_zone(world: World) -> None:
    late = [
        AccountEvent(
            at=datetime(2026, 3, 31, 23, tzinfo=UTC), what="refreshed", detail=""
        ),
        AccountEvent(at=datetime(2026, 3, 1, tzinfo=UTC), what="connected", detail=""),
    ]

    assert [month for month, _lines in timeline.by_month(late)] == ["March 2026"]


def test_the_whole_life_has_a_page_and_the_account_shows_its_end(world: World) -> None:
    account = world.account()
    with write_transaction() as session:
        session.add_all(
            [
                AccountEvent(
                    account_id=account.id,
                    at=DAY + timedelta(days=n),
                    what="refreshed",
                    detail="",
                )
                for n in range(90)
            ]
        )
    admin = world.signed_in("viewer")

    assert "Connection renewed 60 times" in text_of(
        admin.get(f"/accounts/{account.id}").text
    )
    whole = text_of(admin.get(f"/accounts/{account.id}/life").text)
    assert "March 2026" in whole
    assert "Connection renewed 30 times" in whole  # of April
