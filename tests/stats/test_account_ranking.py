"""Accounts worst first: the database says of each what accounts/health says."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from app import messages
from app.accounts import health, tokens
from app.accounts.models import Account, TokenSet
from app.constant_contact.oauth import Tokens
from app.database.session import db, new_id, write_transaction
from app.stats import account_ranking
from app.worker import periodic
from tests.dashboard.reading import heading_of, text_of
from tests.world import ONE_DATABASE, World

TROUBLES = (None, "provider_down", "forbidden", "client_refused")
FAILURES = (
    (0, None),
    (3, "unreachable"),
    (3, "forbidden"),
    (3, "client_refused"),
    (0, "grant_refused"),
)
# a second before it is late, and a second after
DUE = (-health.LATE + timedelta(seconds=1), -health.LATE - timedelta(seconds=1))


def an_account(
    name: str, now: datetime, held: dict[str, Any] | None, **values: Any
) -> None:
    """Rows alone; `held` are columns of its token set, or None for an account without
    one.
    """
    id = new_id()
    with write_transaction() as session:
        session.add(
            Account(
                id=id,
                provider_id=id,
                name=name,
                created_at=now,
                connected_at=now,
                **values,
            )
        )
        session.flush()
        if held is not None:
            tokens.store_grant(
                session, id, Tokens("x", "y", ("contact_data",), timedelta(days=1)), now
            )
            session.flush()
            row = session.scalars(
                select(TokenSet).where(TokenSet.account_id == id)
            ).one()
            for column, value in held.items():
                setattr(row, column, value)


def test_the_database_ranks_as_health_does(world: World) -> None:
    now = world.clock.now()
    cases = product(
        (None, now), TROUBLES, ("", "contacts:write"), (None, now), FAILURES, DUE
    )
    for n, (gone, trouble, missing, refused, (failures, failure), due) in enumerate(
        cases
    ):
        an_account(
            f"{n}",
            now,
            (
                None
                if n % 31 == 0
                else {
                    "refused_at": refused,
                    "failures": failures,
                    "failure": failure,
                    "refresh_due_at": now + due,
                }
            ),
            disconnected_at=gone,
            trouble=trouble,
            privileges_missing=missing,
        )
    ranks = dict(
        db.session.execute(
            account_ranking._joined(Account.id, account_ranking.rank_of(now))
        ).all()
    )
    reasons = dict(
        db.session.execute(
            account_ranking._joined(Account.id, account_ranking._operators_reason())
        ).all()
    )
    healths = {
        one.id: health.of(one, now) for one in db.session.scalars(select(Account))
    }

    assert len(healths) > 300
    assert ranks == {id: one.rank for id, one in healths.items()}
    assert reasons == {
        id: one.reason if one.reason in messages.FOR_OPERATORS else None
        for id, one in healths.items()
    }
    assert account_ranking.summary(now).by_state == {
        state: sum(one.state == state for one in healths.values())
        for state in health.ORDER
    }


@pytest.fixture
def many(world: World) -> World:
    """Forty-five accounts, of which seven need their owner and one is retrying."""
    now = world.clock.now()
    for n in range(45):
        trouble = "forbidden" if n % 6 == 5 else "provider_down" if n == 3 else None
        an_account(
            f"Bakery {n:02}" if n % 2 else f"Café {n:02}",
            now,
            {},
            trouble=trouble,
            trouble_since=now,
        )
    return world


@ONE_DATABASE
def test_many_accounts_are_paged_found_and_narrowed_to_those_that_ail(
    many: World,
) -> None:
    admin = many.signed_in()
    pages = [text_of(admin.get(f"/accounts?page={n}").text) for n in (1, 2, 3, 99)]
    unwell = text_of(admin.get("/accounts?show=attention").text)
    bakers = text_of(admin.get("/accounts?q=bakery+0").text)
    nobody = text_of(admin.get("/accounts?q=%25").text)

    assert [page.count(" Healthy ") for page in pages][1:3] == [15, 15]
    assert pages[2].split("All accounts")[1] == pages[3].split("All accounts")[1]
    assert "Page 1 of 3" in pages[0]
    assert "Bakery 05 Needs its owner" in unwell
    assert "Bakery 03 Retrying" in unwell
    assert unwell.count("Needs its owner") == 7
    assert " Healthy " not in unwell
    assert [
        name in bakers for name in ("Bakery 01", "Bakery 09", "Bakery 11", "Café 08")
    ] == [True, True, False, False]
    assert "No accounts match." in nobody


@ONE_DATABASE
def test_the_first_screen_shows_the_worst_and_a_card_for_the_rest(many: World) -> None:
    periodic.beat(many.clock.now())
    page = many.signed_in().get("/").text
    said = text_of(page)

    assert heading_of(page).startswith("7 accounts need their owners.")
    assert said.count(" needs its owner ") == 5
    assert "2 more accounts need their owners" in said
    assert "All 45, worst first" in said
    assert "Café 44" not in said
