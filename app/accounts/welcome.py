"""From an authorization code to a connected account: exchange, look, store, tick off."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import facts, tokens
from app.accounts.api_key import credentials
from app.accounts.authorization import Refused, Trip
from app.accounts.models import Account, ConnectLink, Occurrence
from app.accounts.provider import client, token_pace
from app.constant_contact import errors, oauth
from app.constant_contact.client import Client
from app.db import changed, new_id, writing
from app.ground import ground
from app.pace import NoAllowance

NEEDED_PRIVILEGES = {"contacts:write", "contacts:lists:read"}
MOST_NAME = 255
MOST_WAIT = 10.0  # seconds for a turn at the token endpoint; a code lives a minute at least
Checklist = list[dict[str, Any]]


def connect(trip: Trip, code: str) -> tuple[str, Checklist]:
    """Store the account behind this code; return its id and the ticked checklist, or raise `Refused`.

    The working pair of an account that was connected before is replaced only here, by a checked new one.
    """
    granted = _exchange(trip, code)
    api = client(granted.access_token)
    try:
        identity, name, login = _who(api, granted)
        _must_have_privileges(api, trip)
    except (errors.ProviderError, NoAllowance) as error:
        raise Refused("account_unreadable", trip.id, getattr(error, "detail", "")) from error
    try:
        account_id = _store(trip, granted, identity, name, login)
    except IntegrityError:  # two owners connected the same new account in the same instant: the second renews
        account_id = _store(trip, granted, identity, name, login)
    return account_id, _checklist(api, account_id)


def _exchange(trip: Trip, code: str) -> oauth.Tokens:
    try:
        token_pace().wait_turn(MOST_WAIT)
        granted = oauth.exchange(credentials(), code, trip.redirect_uri, trip.code_verifier)
    except errors.GrantRefused as error:
        raise Refused("code_refused", trip.id, error.detail) from error
    except errors.ClientRefused as error:
        raise Refused("client_refused", trip.id, error.detail) from error
    except (errors.ProviderError, NoAllowance) as error:
        raise Refused("provider_unavailable", trip.id, getattr(error, "detail", "")) from error
    if granted.refresh_token is None:
        raise Refused("no_refresh_token", trip.id)
    if missing := set(ground().settings.scopes.split()) - set(granted.scopes) - {"offline_access"}:
        raise Refused("scopes_missing", trip.id, ", ".join(sorted(missing)))
    if oauth.claims_of(granted.access_token).unassigned:
        raise Refused("unassigned", trip.id)
    return granted


def _who(api: Client, granted: oauth.Tokens) -> tuple[str, str, str]:
    """(identity, organisation, login). Without `account_read` the user's id must serve as identity."""
    claims = oauth.claims_of(granted.access_token)
    if "account_read" not in granted.scopes:
        if not claims.platform_user_id:
            raise errors.Nonsense("a token that does not say whose it is")
        return claims.platform_user_id[:80], (claims.sub or claims.platform_user_id)[:MOST_NAME], claims.sub[:MOST_NAME]
    summary = api.summary()
    name = summary.organization_name or summary.contact_email or claims.sub
    return summary.encoded_account_id, name[:MOST_NAME], (claims.sub or summary.contact_email or "")[:MOST_NAME]


def _must_have_privileges(api: Client, trip: Trip) -> None:
    if missing := NEEDED_PRIVILEGES - api.privileges():
        raise Refused("privileges_missing", trip.id, ", ".join(sorted(missing)))


def _store(trip: Trip, granted: oauth.Tokens, identity: str, name: str, login: str) -> str:
    now = ground().clock.now()
    with writing() as session:
        _use_link(session, trip, now)
        account = session.scalar(select(Account).where(Account.provider_id == identity).with_for_update())
        renewed = account is not None
        if account is None:
            account = Account(id=new_id(), provider_id=identity, created_at=now, name=name)
            session.add(account)
        account.name, account.login, account.connected_at, account.disconnected_at = name, login, now, None
        account.trouble = account.trouble_since = account.hold_until = None
        account.trouble_detail, account.trouble_count = "", 0
        session.flush()
        tokens.store_grant(session, account.id, granted, now)
        session.add(Occurrence(account_id=account.id, at=now, what="reconnected" if renewed else "connected",
                               detail=login))
        if trip.link_id:
            session.execute(update(ConnectLink).where(ConnectLink.id == trip.link_id)
                            .values(account_id=account.id))
        return account.id


def _use_link(session: Session, trip: Trip, now: datetime) -> None:
    """A link serves one connection: the conditional update lets one of two browsers win."""
    if trip.link_id is None:
        return
    if not changed(session, update(ConnectLink).where(
            ConnectLink.id == trip.link_id, ConnectLink.used_at.is_(None), ConnectLink.revoked_at.is_(None))
            .values(used_at=now)):
        raise Refused("link_closed", trip.id)


def _checklist(api: Client, account_id: str) -> Checklist:
    done: Checklist = [{"what": "refresh_token", "ok": True}, {"what": "privileges", "ok": True}]
    for what, read in (("lists", facts.read_lists), ("fields", facts.read_fields)):
        try:
            done.append({"what": what, "ok": True, "count": read(account_id, api)})
        except (errors.ProviderError, NoAllowance):
            done.append({"what": what, "ok": False})
    if all(item["ok"] for item in done):
        facts.mark_read(account_id)
    return done
