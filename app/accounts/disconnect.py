"""The end of a connection by somebody's own will: the tokens go, everything else stays."""

from sqlalchemy import delete, select

from app.accounts import alerts
from app.accounts.models import Account, AccountEvent, TokenSet
from app.database.session import write_transaction
from app.services import services

OWNER = "owner"  # who pressed the button on the status page; else an admin's address


def disconnect(account_id: str, by: str) -> bool:
    """Delete the account's tokens; False when it was disconnected before.

    Sign-ups go on being accepted and wait; a renewal under way finds no row to write
    to, so nothing comes back.
    """
    now = services().clock.now()
    with write_transaction() as session:
        account = session.scalar(
            select(Account).where(Account.id == account_id).with_for_update()
        )
        if account is None or account.disconnected_at:
            return False
        session.execute(delete(TokenSet).where(TokenSet.account_id == account_id))
        account.disconnected_at, account.privileges_missing = now, ""
        account.end_trouble()
        session.add(
            AccountEvent(account_id=account_id, at=now, what="disconnected", detail=by)
        )
        alerts.disconnected(session, account, by_owner=by == OWNER)
        return True
