"""What the story begins with: connected accounts and their forms."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from app.accounts import facts, tokens
from app.accounts.api_client import client
from app.accounts.models import Account, AccountEvent
from app.constant_contact.client import Client
from app.constant_contact.oauth import Tokens, claims_of
from app.database.session import db, new_id, write_transaction
from app.demo.control import Control
from app.forms import service
from app.forms.draft import Draft
from app.forms.models import Form
from app.services import services

FORMS = (  # name, heading, whether contacts are updated exactly
    ("Website footer", "News from the oven", False),
    ("Class schedule", "Be the first to know", False),
    ("Visitors’ book", "Stay in touch", True),
)


@dataclass(frozen=True)
class Connection:
    """A connected account, and the API as it is seen with its first access token."""

    account_id: str
    api: Client


def connect(control: Control, organisation: dict[str, str]) -> Connection:
    """Connect an account as the callback does after a consent; the consent itself is
    the simulator's grant.
    """
    granted = _grant(control, organisation["id"])
    login = claims_of(granted.access_token).sub
    account_id, now = new_id(), services().clock.now()
    with write_transaction() as session:
        session.add(
            Account(
                id=account_id,
                provider_id=organisation["id"],
                name=organisation["name"],
                created_at=now,
                connected_at=now,
                login=login,
            )
        )
        session.flush()
        tokens.store_grant(session, account_id, granted, now)
        session.add(
            AccountEvent(account_id=account_id, at=now, what="connected", detail=login)
        )
    api = client(granted.access_token)
    facts.read_all(account_id, api)
    # the simulator's limits are off while the demo is filled
    return Connection(account_id, replace(api, turn=_do_not_wait))


def make_forms(account_ids: list[str]) -> list[Form]:
    """Make a form for each of the first accounts."""
    return [
        _make_form(account_id, *texts)
        for account_id, texts in zip(account_ids, FORMS, strict=False)
    ]


def _grant(control: Control, organisation_id: str) -> Tokens:
    granted: dict[str, Any] = control.post(
        "grants",
        account=organisation_id,
        client_id=control.client_id,
        scopes=services().settings.scopes.split(),
    )
    return Tokens(
        granted["access_token"],
        granted["refresh_token"],
        tuple(granted["scope"].split()),
        timedelta(seconds=granted["expires_in"]),
    )


def _do_not_wait() -> None:
    pass


def _make_form(account_id: str, name: str, heading: str, exactly: bool) -> Form:
    lists = [
        {"list_id": item.list_id, "label": item.name}
        for item in facts.lists_of(account_id)[:3]
    ]
    first_name = {"key": "first_name", "label": "First name", "required": False}
    last_name = {"key": "last_name", "label": "Last name", "required": False}
    draft = Draft(
        account_id=account_id,
        name=name,
        heading=heading,
        intro="A short letter every other Friday.",
        fields=[first_name, last_name | {"clears": exactly}],
        lists=lists,
        exactly=exactly,
        visitor_chooses=len(lists) > 1,
        consent="Yes, send me news by e-mail. I can unsubscribe at any time.",
        button="Sign me up",
        success="Thank you! The next letter is on its way to you.",
    )
    return db.session.get_one(Form, service.create(draft))
