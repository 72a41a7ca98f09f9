"""Counts of stored presses that screening needs: one statement, over all hosts.

They are exact but for presses that are being stored at the same moment. Each part walks
an index, and no further than the number at which its signal speaks.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    Subquery,
    Table,
    and_,
    bindparam,
    case,
    func,
    select,
)

from app.database.raw import single
from app.database.session import UtcTime
from app.signups import people
from app.signups.models import BlockedAddress, Signup
from app.signups.screening.press import Usual
from app.signups.screening.signals import TOKEN_PEOPLE

HOUR, DAY, BURST = timedelta(hours=1), timedelta(days=1), timedelta(minutes=10)
MAX_LOOKED_AT = 200  # presses of one address within a day, or of a form in ten minutes
CORRECTIONS = 2  # that go with a token; more of them count as presses
ANY_FORM = ""

_signup = cast(Table, Signup.__table__).c
_blocked = cast(Table, BlockedAddress.__table__).c


def _text(name: str) -> BindParameter[str]:
    return bindparam(name, type_=String())


def _time(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=UtcTime())


FORM, PERSON = _text("form_id"), _text("person")
NETWORK = _text("network_hash")
# all that came with one token: `intake` puts a dot and the answers' digest behind it
TOKEN, PAST_TOKEN = _text("token"), _text("past_token")
HOUR_AGO, DAY_AGO = _time("hour_ago"), _time("day_ago")
BURST_BEGAN = _time("burst_began")


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
    network_hash = people.network_hash(network) if network else ""
    hashes = people.hashes(person)
    values = {
        "form_id": form_id,
        "person": person,
        "token": f"{token}.",
        "past_token": f"{token}/",  # the character after the dot
        "network_hash": network_hash,
        "hour_ago": now - HOUR,
        "day_ago": now - DAY,
        "burst_began": now - BURST,
        "crowd": usual.crowd,
        "form_presses_but_one": usual.form_presses - 1,
        "unproven_presses": usual.unproven_presses,
        "hashes": hashes,
    }
    with single() as connection:
        row: Any = connection.execute(_counts(), values).one()
    corrections = max(0, row.token_presses - CORRECTIONS)
    return Counts(
        token_people=row.token_people,
        token_elsewhere=row.token_network not in (None, "", network_hash),
        network_people=row.network_people if network_hash else 0,
        address_presses=row.address_presses + corrections,
        address_presses_everywhere=row.address_presses_everywhere,
        form_unproven=row.form_unproven,
        form_busy=row.nth_newest is not None and row.nth_newest > now - BURST,
        blocked=row.blocked or "",
    )


@cache
def _counts() -> Select[Any]:
    address = _of_the_address()
    return select(
        _number(_people_of_the_token()).label("token_people"),
        _network_of_the_token().label("token_network"),
        _number(_people_of_the_network()).label("network_people"),
        address.c.here.label("address_presses"),
        address.c.everywhere.label("address_presses_everywhere"),
        address.c.with_the_token.label("token_presses"),
        _number(_unproven_of_the_form()).label("form_unproven"),
        _nth_newest_of_the_form().label("nth_newest"),
        _block().label("blocked"),
    )


def _number(rows: Subquery) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows).scalar_subquery()


def _with_the_token() -> tuple[ColumnElement[bool], ...]:
    return (
        _signup.form_id == FORM,
        _signup.press_id >= TOKEN,
        _signup.press_id < PAST_TOKEN,
    )


def _people_of_the_token() -> Subquery:
    query = select(_signup.person).where(
        *_with_the_token(), _signup.person != PERSON, _signup.created_at > HOUR_AGO
    )
    return query.distinct().limit(TOKEN_PEOPLE).subquery()


def _network_of_the_token() -> ScalarSelect[str]:
    """Select whose network used it first; nobody's where that was this very person,
    whose phone may have gone from one network to another.
    """
    network = case((_signup.person == PERSON, ""), else_=_signup.network_hash)
    first = select(network).where(*_with_the_token())
    return first.order_by(_signup.created_at).limit(1).scalar_subquery()


def _people_of_the_network() -> Subquery:
    query = select(_signup.person).where(
        _signup.network_hash == NETWORK,
        _signup.created_at > HOUR_AGO,
        _signup.person != PERSON,
    )
    return query.distinct().limit(bindparam("crowd")).subquery()


def _of_the_address() -> Subquery:
    """Select one row: presses of the address by other tokens, here and on all forms,
    and those by this token, the first of which are corrections.
    """
    by_token = and_(_signup.press_id >= TOKEN, _signup.press_id < PAST_TOKEN)
    lately = (
        select(_signup.form_id, case((by_token, 1), else_=0).label("with_the_token"))
        .where(_signup.person == PERSON, _signup.created_at > DAY_AGO)
        .limit(MAX_LOOKED_AT)
        .subquery()
    )
    others = 1 - lately.c.with_the_token
    here = case((lately.c.form_id == FORM, others), else_=0)
    return select(
        func.coalesce(func.sum(here), 0).label("here"),
        func.coalesce(func.sum(others), 0).label("everywhere"),
        func.coalesce(func.sum(lately.c.with_the_token), 0).label("with_the_token"),
    ).subquery()


def _unproven_of_the_form() -> Subquery:
    newest = (
        select(_signup.proven)
        .where(_signup.form_id == FORM, _signup.created_at > BURST_BEGAN)
        .order_by(_signup.created_at.desc())
        .limit(MAX_LOOKED_AT)
        .subquery()
    )
    unproven = select(newest.c.proven).where(~newest.c.proven)
    return unproven.limit(bindparam("unproven_presses")).subquery()


def _nth_newest_of_the_form() -> ScalarSelect[datetime]:
    query = select(_signup.created_at).where(_signup.form_id == FORM)
    return (
        query.order_by(_signup.created_at.desc())
        .offset(bindparam("form_presses_but_one"))
        .limit(1)
        .scalar_subquery()
    )


def _block() -> ScalarSelect[str]:
    person = bindparam("hashes", expanding=True, type_=String())
    query = select(_blocked.why).where(
        _blocked.person.in_(person), _blocked.form_id.in_((ANY_FORM, FORM))
    )
    return query.order_by(_blocked.form_id).limit(1).scalar_subquery()
