"""From an authorization code to a connected account: exchange, look, store, tick off."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import (
    facts,
    identity,
    invitations,
    kept_grant,
    oauth_transaction,
    privileges,
    spare_grants,
    status_links,
    tokens,
)
from app.accounts.api_client import client, token_pace
from app.accounts.api_key import credentials
from app.accounts.api_rate import RateLimited
from app.accounts.identity import Who
from app.accounts.models import Account, AccountEvent, ConnectLink
from app.accounts.oauth_transaction import ConnectingRefused, Origin, Trip
from app.auth import users
from app.constant_contact import errors, oauth
from app.constant_contact.client import Client
from app.constant_contact.deadline import taking_turns
from app.core.crypto import CannotDecrypt
from app.core.logs import log
from app.database.session import db, new_id, retry_write, rowcount, write_transaction
from app.services import services

T = TypeVar("T")
# seconds that an owner waits for a database that cannot be written
MAX_INSISTING = 20.0
# seconds for a turn at the token endpoint; a code lives a minute at least
MAX_WAIT = 10.0
# seconds that a pair is held on to before it is stored anywhere
PAIR_HELD = 300.0
Checklist = list[dict[str, Any]]


def come_back(transaction_id: str, code: str) -> None:
    """Take a transaction, spend the code, keep what it brings, and finish the trip.

    A new consent ends the provider's earlier grant for the same account (contract
    1.4). So from the exchange on, an account that is connected here is not left with
    its old pair for any trouble that will pass.
    """
    try:
        trip = _insisting(lambda: oauth_transaction.burn(transaction_id))
        _must_be_open(trip)
        granted = _exchange(trip, code)
    except ConnectingRefused as refused:
        not_connected(refused)
        return
    retry_write(
        lambda: kept_grant.keep(trip.id, granted), services().clock.sleep, PAIR_HELD
    )
    finish(trip.id)


def finish(trip_id: str) -> None:
    """Find out whose a kept token set is, and give it to the account; tell the owner.

    Of many who try, one does it.
    """
    with kept_grant.LEASE.hold(
        trip_id,
        kept_grant.unfinished(),
        now=services().clock.now(),
        most=kept_grant.LEASE_FOR,
    ) as fence:
        if fence is None:
            return
        trip = oauth_transaction.trip_of(trip_id)
        try:
            account_id, checklist = _connect(trip, kept_grant.kept(trip_id))
        except ConnectingRefused as refused:
            not_connected(refused)
        except CannotDecrypt:  # the key was exchanged meanwhile
            not_connected(ConnectingRefused("interrupted", trip_id))
        else:
            oauth_transaction.settle(trip_id, "connected", account_id, checklist)


def finish_what_was_left(now: datetime) -> None:
    """Finish trips whose process has died, and use or drop the spares."""
    for trip_id in kept_grant.left_behind(now):
        finish(trip_id)
    spare_grants.look()


def turned_back(transaction_id: str, refused: ConnectingRefused) -> None:
    """Take a transaction whose owner came back without a code."""
    try:
        _insisting(lambda: oauth_transaction.burn(transaction_id))
    except ConnectingRefused as earlier:
        refused = earlier
    not_connected(refused)


def not_connected(refused: ConnectingRefused) -> None:
    """Note why a trip led nowhere."""
    if refused.transaction_id is None or refused.reason == "already_used":
        return
    oauth_transaction.settle(
        refused.transaction_id,
        refused.reason,
        account_id=refused.account_id,
        details={"detail": refused.detail, **refused.more},
    )


def _connect(trip: Trip, granted: oauth.Tokens) -> tuple[str, Checklist]:
    """Store the account behind a token set; return its id and the ticked checklist.

    Raises `ConnectingRefused`.
    """
    api = client(granted.access_token)
    _must_be_of_use(api, granted, trip)
    who = _who_is_it(api, granted, trip)
    _must_be_the_newest(trip, who)
    _must_have_privileges(api, granted, who, trip)
    _must_be_expected(trip, granted, who)
    try:
        account_id = _insisting(lambda: _store(trip, granted, who))
    except IntegrityError:  # two owners connected the same new account in the same instant: the second renews
        account_id = _insisting(lambda: _store(trip, granted, who))
    if trip.origin.link_id:
        log.info("link_used", link=trip.origin.link_id, account=account_id)
    return account_id, _checklist(api, account_id)


def _must_be_open(trip: Trip) -> None:
    """Refuse a trip whose link or page was closed meanwhile, or who began it may no
    longer connect, before its code is spent.
    """
    user_id = trip.origin.user_id
    if user_id and not users.is_active_admin(user_id):
        raise ConnectingRefused("person_left", trip.id)
    if _link_is_closed(trip.origin.link_id) or _page_is_closed(trip.origin):
        raise ConnectingRefused("link_closed", trip.id)


def _link_is_closed(link_id: str | None) -> bool:
    """One that expired meanwhile still serves: the owner had begun in time."""
    link = db.session.get(ConnectLink, link_id) if link_id else None
    if link is None:
        return False
    return invitations.state(link, services().clock.now()) in ("used", "revoked")


def _page_is_closed(origin: Origin) -> bool:
    return bool(origin.owner_page_id) and not status_links.is_open(origin.owner_page_id)


def _insisting(store: Callable[[], T]) -> T:
    """Store a new pair, also when the database is busy for a while.

    The old one may be dead by now.
    """
    return retry_write(store, services().clock.sleep, MAX_INSISTING)


def _exchange(trip: Trip, code: str) -> oauth.Tokens:
    try:
        token_pace().acquire(MAX_WAIT)
        with taking_turns(token_pace().acquire_again):
            granted = oauth.exchange(
                credentials(), code, trip.redirect_uri, trip.code_verifier
            )
    except errors.GrantRefused as error:
        raise ConnectingRefused("code_refused", trip.id, error.detail) from error
    except errors.ClientRefused as error:
        raise ConnectingRefused("client_refused", trip.id, error.detail) from error
    except (errors.ProviderError, RateLimited) as error:
        detail = getattr(error, "detail", "")
        if isinstance(error, errors.Nonsense) and error.lasting:
            raise ConnectingRefused("answer_unusable", trip.id, detail) from error
        raise ConnectingRefused("provider_unavailable", trip.id, detail) from error
    if granted.scopes:
        return granted
    return replace(granted, scopes=tuple(services().settings.scopes.split()))


def _must_be_of_use(api: Client, granted: oauth.Tokens, trip: Trip) -> None:
    """Refuse a token set that could not do its work, whosever it is."""
    wanted = set(services().settings.scopes.split()) - {"offline_access"}
    missing = wanted - set(granted.scopes)
    if granted.refresh_token is None:
        refused = ConnectingRefused("no_refresh_token", trip.id)
    elif missing:
        words = ", ".join(sorted(missing))
        refused = ConnectingRefused("scopes_missing", trip.id, words)
    elif oauth.claims_of(granted.access_token).unassigned:
        refused = ConnectingRefused("unassigned", trip.id)
    else:
        return
    raise _after_noting(refused, granted, identity.whose(api, granted))


def _after_noting(
    refused: ConnectingRefused, granted: oauth.Tokens, who: Who | None
) -> ConnectingRefused:
    """Note a refusal for the account that this consent may have cost its connection.

    The stored pair is tried at once; the new one is kept until that is known.
    """
    if who is None or not who.connected:
        return refused
    login = oauth.claims_of(granted.access_token).sub or who.login
    with write_transaction() as session:
        account = _locked(session, who)
        if account is None:
            return refused
        session.add(
            AccountEvent(
                account_id=account.id,
                at=services().clock.now(),
                what="connect_failed",
                detail=login,
            )
        )
        refused.account_id = account.id
        refused.more["connected"] = account.name
    tokens.prove(who.identity)
    return refused


def _who_is_it(api: Client, granted: oauth.Tokens, trip: Trip) -> Who:
    try:
        return identity.known(identity.told_by(api, granted))
    except (errors.ProviderError, RateLimited) as error:
        known = identity.of_the_same_login(granted)
        if known:
            return known
        raise ConnectingRefused(
            "account_unreadable", trip.id, getattr(error, "detail", "")
        ) from error


def _must_be_the_newest(trip: Trip, who: Who) -> None:
    """Refuse an earlier consent that was left unfinished: a later one has replaced it,
    and may have ended it.
    """
    if who.connected and kept_grant.is_outdated(trip.id, who.identity):
        raise ConnectingRefused("interrupted", trip.id)


def _must_have_privileges(
    api: Client, granted: oauth.Tokens, who: Who, trip: Trip
) -> None:
    """Refuse a login that lacks rights, or a new account whose rights are unreadable.

    Of a connected account the daily look reads them.
    """
    try:
        missing = privileges.missing(api)
    except (errors.ProviderError, RateLimited) as error:
        if who.connected:
            return
        raise ConnectingRefused(
            "account_unreadable", trip.id, getattr(error, "detail", "")
        ) from error
    if missing:
        words = ", ".join(missing)
        refused = ConnectingRefused("privileges_missing", trip.id, words)
        raise _after_noting(refused, granted, who)


def _must_be_expected(trip: Trip, granted: oauth.Tokens, who: Who) -> None:
    """Refuse to connect another account than the trip was for.

    That would send its sign-ups to strangers' lists. A connected account that the owner
    signed in to by mistake gets its new pair all the same.
    """
    if trip.origin.account_id is None:
        return
    expected = db.session.get(Account, trip.origin.account_id)
    if expected is None or expected.provider_id == who.identity:
        return
    names = {"expected": expected.name, "found": who.name, "found_login": who.login}
    if who.connected:
        _insisting(lambda: _renew_in_place(granted, who))
    raise ConnectingRefused("other_account", trip.id, **names)


def _renew_in_place(granted: oauth.Tokens, who: Who) -> None:
    """Give a connected account its new pair, whatever trip it came by.

    Unless it was disconnected meanwhile.
    """
    with write_transaction() as session:
        account = _locked(session, who)
        if account and account.token_set:
            _give(session, account, granted, who, services().clock.now())


def _store(trip: Trip, granted: oauth.Tokens, who: Who) -> str:
    now = services().clock.now()
    with write_transaction() as session:
        too_late = _why_too_late(session, trip, now)
        account = _locked(session, who)
        if too_late and (account is None or account.token_set is None):
            raise ConnectingRefused(too_late, trip.id)
        if account is None:
            account = Account(
                id=new_id(),
                provider_id=who.identity,
                created_at=now,
                name=who.name,
                notify_email=who.email,
            )
            session.add(account)
        _give(session, account, granted, who, now)
        if not too_late and trip.origin.link_id:
            session.execute(
                update(ConnectLink)
                .where(ConnectLink.id == trip.origin.link_id)
                .values(account_id=account.id)
            )
        return account.id


def _locked(session: Session, who: Who) -> Account | None:
    return session.scalar(
        select(Account).where(Account.provider_id == who.identity).with_for_update()
    )


def _give(
    session: Session, account: Account, granted: oauth.Tokens, who: Who, now: datetime
) -> None:
    """The account with its new token set; trouble of the old one is over."""
    what = "reconnected" if account.connected_at else "connected"
    account.name, account.login = who.name, who.login
    account.connected_at, account.disconnected_at = now, None
    account.privileges_missing = ""
    account.end_trouble()
    session.flush()
    tokens.store_grant(session, account.id, granted, now)
    session.add(
        AccountEvent(account_id=account.id, at=now, what=what, detail=who.login)
    )


def _why_too_late(session: Session, trip: Trip, now: datetime) -> str:
    """Use up what the trip began with; return the reason when that ended meanwhile."""
    user_id = trip.origin.user_id
    if user_id and not users.is_active_admin(user_id, lock=True):
        return "person_left"
    if not _use_link(session, trip, now):
        return "link_closed"
    return ""


def _use_link(session: Session, trip: Trip, now: datetime) -> bool:
    """Use a link up: it serves one connection.

    The conditional update lets one of two browsers win.
    """
    if trip.origin.link_id is None:
        return True
    link = invitations.change_unused(ConnectLink.id == trip.origin.link_id)
    return rowcount(session, link.values(used_at=now)) == 1


def _checklist(api: Client, account_id: str) -> Checklist:
    done: Checklist = [
        {"what": "refresh_token", "ok": True},
        {"what": "privileges", "ok": True},
    ]
    for what, read in (("lists", facts.read_lists), ("fields", facts.read_fields)):
        try:
            done.append({"what": what, "ok": True, "count": read(account_id, api)})
        except (errors.ProviderError, RateLimited):
            done.append({"what": what, "ok": False})
    if all(item["ok"] for item in done):
        facts.mark_read(account_id)
    return done
