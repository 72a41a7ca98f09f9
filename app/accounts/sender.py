"""Who stands behind an account's forms and mails: its name and postal address."""

from babel import Locale
from sqlalchemy import select, update

from app.accounts.api_rate import RateLimited
from app.accounts.models import Account, TokenSet
from app.constant_contact import errors
from app.constant_contact.client import Client, PhysicalAddress
from app.core.logs import log
from app.database.session import db, write_transaction

MAX_NAME = 100  # characters
MAX_LINE, MAX_ADDRESS = 100, 500  # characters
NEEDED_SCOPE = "account_read"


def read(account_id: str, api: Client) -> None:
    """Ask for the account's postal address and store it.

    Where it cannot be read, what was read before stays: nothing else depends on it.
    """
    if not _may_ask(account_id):
        return
    try:
        address = api.physical_address()
    except (errors.ProviderError, RateLimited) as error:
        log.warning("sender_unread", account=account_id, error=type(error).__name__)
        return
    if address is None:
        return
    with write_transaction() as session:
        session.execute(
            update(Account)
            .where(Account.id == account_id)
            .values(postal_address=in_lines(address))
        )


def set_own(account_id: str, name: str, address: str) -> None:
    """Use these instead of the account's own, or its own again where they are ""."""
    with write_transaction() as session:
        session.execute(
            update(Account)
            .where(Account.id == account_id)
            .values(sender_name=name, sender_address=address)
        )


def in_lines(address: PhysicalAddress) -> str:
    """Write an address as on an envelope, a line each."""
    state = address.state_name or address.state_code
    country = Locale("en").territories.get(address.country_code.upper(), "")
    lines = (
        address.address_line1,
        address.address_line2,
        address.address_line3,
        " ".join(f"{address.city}, {state} {address.postal_code}".split()).strip(", "),
        country,
    )
    short = [" ".join(line.split())[:MAX_LINE] for line in lines]
    return "\n".join(line for line in short if line)[:MAX_ADDRESS]


def _may_ask(account_id: str) -> bool:
    scopes = db.session.scalar(
        select(TokenSet.scopes).where(TokenSet.account_id == account_id)
    )
    return NEEDED_SCOPE in (scopes or "").split()
