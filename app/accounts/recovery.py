"""The end of an account's trouble: any good answer of the provider is one."""

from sqlalchemy import and_, select, update

from app.accounts.models import NO_TROUBLE, Account, AccountEvent
from app.database.session import db, rowcount, write_transaction
from app.services import services

# A good answer to a read says nothing about a login that may not write.
OF_THE_LOGIN = ("forbidden", "privileges_missing")


def note_good_answer(account_id: str, may_write: bool = False) -> None:
    """End an account's trouble, so that its sign-ups go on at once.

    `may_write`: its login was seen to have every right that it needs.
    """
    stays = () if may_write else OF_THE_LOGIN
    # NULL is not in an empty list, so it is asked for
    is_over = and_(Account.trouble.is_not(None), Account.trouble.not_in(stays))
    known = db.session.scalar(
        select(Account.id).where(Account.id == account_id, is_over)
    )
    db.session.rollback()
    if known is None:
        return
    with write_transaction() as session:
        end = update(Account).where(Account.id == account_id, is_over)
        if rowcount(session, end.values(NO_TROUBLE)):
            session.add(
                AccountEvent(
                    account_id=account_id, at=services().clock.now(), what="mended"
                )
            )
