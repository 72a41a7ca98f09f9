"""Every check of the doctor, in the order in which they are told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.cli.doctor import business, inside, outside
from app.cli.doctor.finding import Finding
from app.database.session import db


@dataclass(frozen=True)
class Check:
    """`costly`: it takes the longer the more is stored. `online`: it asks others."""

    look: Callable[[], list[Finding]]
    costly: bool = False
    online: bool = False


CHECKS = (
    Check(inside.check_settings),
    Check(inside.check_proxy),
    Check(inside.check_key, costly=True),  # opens every sealed value
    Check(inside.check_disk),
    Check(inside.check_schema),
    Check(inside.check_database),
    Check(inside.check_worker),
    Check(business.check_accounts),
    Check(business.check_signups),
    Check(business.check_imports),
    Check(business.check_mails),
    Check(business.check_arrivals),
    Check(business.check_balance, costly=True),  # counts every row
    Check(inside.check_people),
    Check(outside.check_mail_server, online=True),
    Check(outside.check_provider, online=True),
)


def examine(offline: bool = False) -> Iterator[Finding]:
    """Give one finding after another; `offline` leaves out who is elsewhere."""
    for check in CHECKS:
        if not (offline and check.online):
            yield from check.look()
            # others are asked meanwhile, and a transaction in which nothing is done ends
            db.session.rollback()
