"""What owner, portal or provider's staff could do by hand: verbs of the control API."""

import secrets
from typing import Any

from app.simulator.clock import iso
from app.simulator.models import Account, Login, Resource
from app.simulator.oauth.grants import TokenSet, open_grant
from app.simulator.oauth.scopes import SCOPES
from app.simulator.seed.people import person
from app.simulator.simulator import Simulator

CONTACT_STATES = (
    "explicit",
    "implicit",
    "pending_confirmation",
    "unsubscribed",
    "temp_hold",
    "not_set",
    "deleted",
)


def grant(
    here: Simulator,
    account: str,
    client_id: str,
    scopes: list[str],
    login: str | None = None,
) -> TokenSet:
    """A token set as if somebody had consented: `login`, or the account's owner."""
    if set(scopes) - set(SCOPES):
        raise ValueError(f"scopes are among {', '.join(SCOPES)}")
    found = here.state.logins[login] if login else _owner(here, account)
    if found.account != account:
        raise ValueError(f"{found.name} does not belong to {account}")
    return open_grant(
        here, here.state.apps[client_id], found, list(scopes), here.clock.now()
    )


def _owner(here: Simulator, account: str) -> Login:
    return next(
        login for login in here.state.logins.values() if login.account == account
    )


def revoke(
    here: Simulator,
    account: str,
    client_id: str | None = None,
    access_tokens: bool = True,
) -> Resource:
    """Take the owner's permission back, and the access tokens unless told otherwise."""
    ended = [
        grant
        for grant in here.state.grants.values()
        if grant.account == account
        and client_id in (None, grant.client_id)
        and not grant.ended
    ]
    for grant in ended:
        grant.ended = True
        grant.access_ended = access_tokens
    return {"revoked": len(ended)}


def expire(here: Simulator) -> Resource:
    """Every access token is over before its time, while refresh tokens go on."""
    grants = list(here.state.grants.values())
    here.state.grants.clear()
    for grant in grants:
        # An access token names its grant, so it belongs to none once that has another
        # id.
        grant.id = secrets.token_hex(8)
        here.state.grants[grant.id] = grant
        for token in filter(None, (*grant.rotated_out, grant.refresh_token)):
            here.state.refresh_tokens[token] = grant.id
    return {"expired": len(grants)}


def contact(here: Simulator, account: str, email: str, status: str) -> Resource:
    """Put a person into a state, new or known; `unsubscribed` is by their own wish."""
    if status not in CONTACT_STATES:
        raise ValueError(f"status is one of {', '.join(CONTACT_STATES)}")
    of = here.state.accounts[account]
    fresh, known = person(account, email, status, here.clock.now()), of.find(email)
    if known:
        known.pop("deleted_at", None)
        fresh = {
            **fresh,
            **known,
            "email_address": fresh["email_address"],
            "updated_at": fresh["updated_at"],
        }
        fresh |= (
            {"deleted_at": iso(here.clock.now())[:10]} if status == "deleted" else {}
        )
    if status in ("unsubscribed", "deleted"):
        fresh["list_memberships"] = []
    of.keep(fresh)
    return {"contact": fresh}


def contact_list(
    here: Simulator, account: str, list_id: str, deleted: bool = True
) -> Resource:
    """Delete a list, or bring it back."""
    item = here.state.accounts[account].lists[list_id]
    return {"list": _deleted(here, item, deleted)}


def custom_field(
    here: Simulator, account: str, custom_field_id: str, deleted: bool = True
) -> Resource:
    """Delete a custom field, or bring it back."""
    item = here.state.accounts[account].fields[custom_field_id]
    return {"field": _deleted(here, item, deleted)}


def _deleted(here: Simulator, item: Resource, deleted: bool) -> Resource:
    item.pop("deleted_at", None)
    if deleted:
        item["deleted_at"] = iso(here.clock.now())
    return item


def login(here: Simulator, login: str, **facts: Any) -> Resource:
    """Change somebody's role."""
    return {"login": _changed(here.state.logins[login], facts, ("role",))}


def app(here: Simulator, client_id: str, **facts: Any) -> Resource:
    """Change an app.

    It can be switched off or on, and get a new secret, other redirect URIs or another
    kind of refresh token.
    """
    return {
        "app": _changed(
            here.state.apps[client_id],
            facts,
            ("active", "client_secret", "redirect_uris", "refresh"),
        )
    }


def account(here: Simulator, account: str, **facts: Any) -> Resource:
    """Switch Confirmed Opt-in on or off."""
    of: Account = here.state.accounts[account]
    _changed(of, facts, ("confirmed_opt_in",))
    return {
        "account": {
            "id": of.id,
            "name": of.name,
            "confirmed_opt_in": of.confirmed_opt_in,
        }
    }


def _changed(
    thing: object, facts: dict[str, Any], allowed: tuple[str, ...]
) -> dict[str, Any]:
    for name, value in facts.items():
        if name not in allowed:
            raise ValueError(f"{name} is not one of {', '.join(allowed)}")
        setattr(thing, name, value)
    return dict(vars(thing))
