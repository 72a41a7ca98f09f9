"""A link in a mail: whose it is, and what a press of its buttons does."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.confirmation import state
from app.confirmation.models import ConfirmationLink
from app.core.crypto import digest
from app.database.session import db, write_transaction
from app.services import services
from app.signups import blocked, people
from app.signups.models import (
    Attempt,
    Signup,
    SignupEvent,
    SignupState,
)

MAX_AGENT = 200  # characters


class LinkState(StrEnum):
    """What the page of a link says."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    NOT_ME = "not_me"
    EXPIRED = "expired"
    FORM_GONE = "form_gone"
    OVER = "over"  # an admin decided otherwise


@dataclass(frozen=True)
class Visit:
    """Who presses a button, as far as that is known."""

    network: str
    agent: str


@dataclass(frozen=True)
class OpenedLink:
    """A link with its sign-up, and what may be done with it."""

    row: Signup
    state: LinkState
    on_lists: bool  # the address reached the provider


def find(token: str) -> OpenedLink | None:
    """Return what a token's page shows; None for one that nobody was sent."""
    link = _link(db.session(), token)
    if link is None:
        return None
    return _opened(db.session(), link, link.signup)


def note_opened(token: str) -> None:
    """Note when a link was opened for the first time, by whomever."""
    link = _link(db.session(), token)
    if link is None or link.opened_at is not None:
        return
    with write_transaction() as session:
        link = _link(session, token)
        if link:
            link.opened_at = link.opened_at or services().clock.now()


def confirm(token: str, visit: Visit) -> OpenedLink | None:
    """Confirm a sign-up; of several presses one does it, and all see the same."""
    now = services().clock.now()
    with write_transaction() as session:
        link, row = _locked(session, token)
        if link is None or row is None:
            return None
        if _opened(session, link, row).state == LinkState.OPEN:
            state.confirm(row, now)
            state.count(session, row.form_id, "confirmed")
            _add_event(session, "confirmed", row, link, visit)
    services().wakeup.set()
    return find(token)


def not_me(token: str, visit: Visit) -> OpenedLink | None:
    """Close a sign-up whose address somebody else typed, and hold later ones of it."""
    now = services().clock.now()
    with write_transaction() as session:
        link, row = _locked(session, token)
        if link is None or row is None:
            return None
        if link.person != row.person:  # an admin corrected the address since
            blocked.add(session, link.person, blocked.NOT_ME, row.form_id)
        elif _opened(session, link, row).state != LinkState.NOT_ME:
            blocked.add(session, row.person, blocked.NOT_ME, row.form_id)
            _add_event(session, "not_me", row, link, visit)
            if _may_be_closed(session, row):
                state.end(row, now, "not_me")
    return find(token)


def _link(session: Session, token: str) -> ConfirmationLink | None:
    return session.get(ConfirmationLink, digest(token), populate_existing=True)


def _locked(
    session: Session, token: str
) -> tuple[ConfirmationLink | None, Signup | None]:
    link = _link(session, token)
    if link is None:
        return None, None
    row = session.get(
        Signup, link.signup_id, with_for_update={"of": Signup}, populate_existing=True
    )
    return link, row


def _opened(session: Session, link: ConfirmationLink, row: Signup) -> OpenedLink:
    on_lists = row.contact_id is not None
    if link.person != row.person:  # an admin corrected the address since
        said_no = blocked.why(session, link.person, row.form_id) == blocked.NOT_ME
        link_state = LinkState.NOT_ME if said_no else LinkState.OVER
        return OpenedLink(row, link_state, on_lists=False)
    return OpenedLink(row, _state(session, row), on_lists)


def _state(session: Session, row: Signup) -> LinkState:
    said_no = exists().where(
        SignupEvent.signup_id == row.id, SignupEvent.what == "not_me"
    )
    if session.scalar(select(said_no)):
        return LinkState.NOT_ME
    if row.confirmed_at is not None:
        return LinkState.CONFIRMED
    if row.reason in ("unconfirmed", "lists_only") or _has_expired(session, row):
        return LinkState.EXPIRED
    if row.form.deleted_at is not None:
        return LinkState.FORM_GONE
    if row.state in (SignupState.CONFIRMING, SignupState.WAITING):
        return LinkState.OPEN
    return LinkState.OVER


def _has_expired(session: Session, row: Signup) -> bool:
    last = session.scalar(
        select(func.max(ConfirmationLink.expires_at)).where(
            ConfirmationLink.signup_id == row.id,
            ConfirmationLink.person == row.person,
        )
    )
    return last is not None and last <= services().clock.now()


def _may_be_closed(session: Session, row: Signup) -> bool:
    """Tell whether nothing of it can be at the provider in this moment, nor is there."""
    if row.state in (SignupState.DELIVERED, SignupState.CLOSED):
        return False
    under_way = exists().where(
        Attempt.signup_id == row.id,
        Attempt.number == row.attempts,
        Attempt.ended_at.is_(None),
    )
    return not session.scalar(select(under_way))


def _add_event(
    session: Session, what: str, row: Signup, link: ConfirmationLink, visit: Visit
) -> None:
    """Note who pressed: mail scanners that press buttons show by how soon they do."""
    passed = services().clock.now() - link.created_at
    state.add_event(
        session,
        row,
        what,
        network=people.kept_network(visit.network),
        agent=visit.agent[:MAX_AGENT],
        seconds=max(0, round(passed.total_seconds())),
    )
