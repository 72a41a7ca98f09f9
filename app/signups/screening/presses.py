"""Counts of stored presses that screening needs: one statement, over all hosts.

They are exact but for presses that are being stored at the same moment. Each part walks
an index, and no further than the number at which its signal speaks.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import TextClause, bindparam, text

from app.database.raw import single
from app.database.session import UtcTime
from app.signups import people
from app.signups.screening.press import Usual
from app.signups.screening.signals import TOKEN_PEOPLE

HOUR, DAY, BURST = timedelta(hours=1), timedelta(days=1), timedelta(minutes=10)
CORRECTIONS = 2  # that go with a token; more of them count as presses

# In SQL, since making this of columns takes longer than running it. The presses of one
# token are those whose `press_id` begins with it and a dot (`intake`); "/" is the
# character after the dot.
COUNTS = """
SELECT
    -- other people of the token, and whose network was the first: nobody's where it was
    -- this very person, whose phone may have gone from one network to another
    (SELECT count(*) FROM (
        SELECT DISTINCT person FROM signup
        WHERE form_id = :form AND press_id >= :token AND press_id < :past_token
            AND person <> :person AND created_at > :hour_ago
        LIMIT :token_people
    ) AS of_token) AS token_people,
    (SELECT CASE WHEN person = :person THEN '' ELSE network_hash END FROM signup
        WHERE form_id = :form AND press_id >= :token AND press_id < :past_token
        ORDER BY created_at LIMIT 1
    ) AS token_network,
    (SELECT count(*) FROM (
        SELECT DISTINCT person FROM signup
        WHERE network_hash = :network AND created_at > :hour_ago AND person <> :person
        LIMIT :crowd
    ) AS of_network) AS network_people,
    coalesce(sum(CASE WHEN form_id = :form THEN 1 - by_token END), 0)
        AS address_presses,
    coalesce(sum(1 - by_token), 0) AS address_presses_everywhere,
    coalesce(sum(by_token), 0) AS token_presses,
    (SELECT count(*) FROM (
        SELECT proven FROM signup WHERE form_id = :form AND created_at > :burst_began
        ORDER BY created_at DESC LIMIT 50
    ) AS newest WHERE NOT proven) AS form_unproven,
    (SELECT created_at > :burst_began FROM signup WHERE form_id = :form
        ORDER BY created_at DESC LIMIT 1 OFFSET :form_presses_but_one
    ) AS form_busy,
    (SELECT why FROM blocked_address
        WHERE person IN ({hashes}) AND form_id IN ('', :form)
        ORDER BY form_id LIMIT 1
    ) AS blocked
FROM (
    SELECT form_id,
        CASE WHEN press_id >= :token AND press_id < :past_token THEN 1 ELSE 0 END
            AS by_token
    FROM signup WHERE person = :person AND created_at > :day_ago LIMIT 200
) AS of_address
"""
TIMES = ("hour_ago", "day_ago", "burst_began")


@cache
def _statement(keys: int) -> TextClause:
    """Make the statement for people who may be stored under as many hashes."""
    hashes = ", ".join(f":hash{number}" for number in range(keys))
    times = (bindparam(name, type_=UtcTime()) for name in TIMES)
    return text(COUNTS.format(hashes=hashes)).bindparams(*times)


@dataclass(frozen=True)
class Counts:
    """What was stored before this press; see `Press` for what each number is."""

    token_people: int
    token_elsewhere: bool
    network_people: int
    address_presses: int
    address_presses_everywhere: int
    form_unproven: int
    form_busy: bool
    blocked: str


def counts(
    form_id: str, person: str, token: str, network: str, usual: Usual, now: datetime
) -> Counts:
    """Count for one press. `token` is the id of its form token; `usual` says how far it
    is worth counting.
    """
    network_hash = people.network_hash(network)
    hashes = people.hashes(person)
    values = {
        "form": form_id,
        "person": person,
        "token": f"{token}.",
        "past_token": f"{token}/",  # the character after the dot
        "network": network_hash,
        "token_people": TOKEN_PEOPLE,
        "hour_ago": now - HOUR,
        "day_ago": now - DAY,
        "burst_began": now - BURST,
        "crowd": usual.crowd,
        "form_presses_but_one": usual.form_presses - 1,
        **{f"hash{number}": value for number, value in enumerate(hashes)},
    }
    with single() as connection:
        row: Any = connection.execute(_statement(len(hashes)), values).one()
    corrections = max(0, row.token_presses - CORRECTIONS)
    return Counts(
        token_people=row.token_people,
        token_elsewhere=row.token_network not in (None, "", network_hash),
        network_people=row.network_people if network_hash else 0,
        address_presses=row.address_presses + corrections,
        address_presses_everywhere=row.address_presses_everywhere,
        form_unproven=row.form_unproven,
        form_busy=bool(row.form_busy),
        blocked=row.blocked or "",
    )
