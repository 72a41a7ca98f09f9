"""What a trip to the provider left behind, and what its pages say."""

import re
from html import unescape
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from app import messages
from app.accounts.models import (
    Account,
    AuthorizationTransaction,
    ConnectLink,
    TokenSet,
)
from app.database.session import db
from tests.accounts.owner import Owner

TOKEN = "/oauth2/default/v1/token"


def accounts() -> list[Account]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Account).order_by(Account.name)))


def outcome() -> str | None:
    db.session.rollback()
    return db.session.scalars(
        select(AuthorizationTransaction.outcome).order_by(
            AuthorizationTransaction.created_at.desc()
        )
    ).first()


def link_row() -> ConnectLink:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(ConnectLink)).one()


def heading(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    assert found, page
    return unescape(re.sub(r"<[^>]+>", "", found[1])).strip()


def title(reason: str) -> str:
    return say(messages.CONNECTING[reason][0])


def say(sentence: Any) -> str:
    """A sentence as a page would say it: which language is asked of the request."""
    with current_app.test_request_context():
        return str(sentence)


def exact(page: str) -> str:
    found = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    return found[1] if found else ""


def tokens_stored() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(TokenSet)) or 0


def owner_page(owner: Owner) -> str:
    return owner.link("any page with a form")
