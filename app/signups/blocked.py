"""The list of addresses whose sign-ups are held, as keyed hashes."""

from sqlalchemy import delete, func, select

from app.database.session import db, rowcount, write_transaction
from app.signups import people
from app.signups.models import BlockedAddress


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
