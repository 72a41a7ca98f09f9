"""What a call to the provider costs before it is made: a fresh token when nothing is
due, beside one SELECT.
"""

from sqlalchemy import select

from app.accounts import tokens
from app.accounts.models import TokenSet
from app.database.session import db
from tests.bench.place import DATABASES, an_account_with_a_form, compare, place


def main() -> None:
    for kind in DATABASES:
        with place(kind):
            account, _ = an_account_with_a_form()
            held = db.session.scalars(select(TokenSet.id)).one()
            compare(
                f"fresh_token, {kind}",
                lambda account=account: tokens.fresh_token(account),
                lambda held=held: _one_select(held),
                "one primary-key SELECT",
            )


def _one_select(held: str) -> None:
    db.session.execute(select(TokenSet).where(TokenSet.id == held)).one()
    db.session.rollback()
