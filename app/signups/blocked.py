"""The list of addresses whose sign-ups are held, as keyed hashes."""

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.database.session import db, insert, rowcount, write_transaction
from app.services import services
from app.signups import people
from app.signups.models import BlockedAddress

EVERY_FORM = ""
SPAM, NOT_ME = "spam", "not_me"  # why an address is on the list


def add(
    session: Session, person: str, why: str, form_id: str = EVERY_FORM, who: str = ""
) -> None:
    """Put a person on the list, of one form or of all; who is on it stays as they are."""
    row = insert(BlockedAddress).values(
        person=people.hash_of(person),
        form_id=form_id,
        at=services().clock.now(),
        why=why,
        who=who,
    )
    session.execute(row.on_conflict_do_nothing())


def no_spam(session: Session, person: str) -> None:
    """Take a person off the list who was on it for spam."""
    session.execute(
        delete(BlockedAddress).where(
            BlockedAddress.person.in_(people.hashes(person)), BlockedAddress.why == SPAM
        )
    )


def why(session: Session, person: str, form_id: str) -> str | None:
    """Return why sign-ups of a person on this form are held: `SPAM`, `NOT_ME`, None."""
    query = select(BlockedAddress.why).where(
        BlockedAddress.person.in_(people.hashes(person)),
        BlockedAddress.form_id.in_((EVERY_FORM, form_id)),
    )
    return session.scalar(query.order_by(BlockedAddress.form_id.desc()).limit(1))


def number() -> int:
    """Count the addresses on the list."""
    query = select(func.count(BlockedAddress.person.distinct()))
    return db.session.scalar(query) or 0


def remove(address: str) -> bool:
    """Take an address off the list, for every form; return whether it was on it."""
    hashes = people.hashes(address.strip().lower())
    with write_transaction() as session:
        removed = rowcount(
            session,
            delete(BlockedAddress).where(BlockedAddress.person.in_(hashes)),
        )
    return removed > 0
