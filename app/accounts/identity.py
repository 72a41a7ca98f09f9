"""Whose account a token set is of, as it and its token tell."""

from dataclasses import dataclass, replace

from sqlalchemy import select

from app.accounts import token_store
from app.accounts.api_rate import RateLimited
from app.accounts.models import Account, TokenSet
from app.config.types import mail_address
from app.constant_contact import errors, oauth
from app.constant_contact.client import Client
from app.database.session import db

MAX_NAME = 255


@dataclass(frozen=True)
class Who:
    """The account behind a token, as it tells itself.

    Without `account_read` the user's id serves as identity.
    """

    identity: str
    name: str
    login: str
    email: str
    connected: bool = False  # here, with a token set, before this trip


def whose(api: Client, granted: oauth.Tokens) -> Who | None:
    """Say which connected account a token set is of, though it may not tell."""
    try:
        who = known(told_by(api, granted))
    except (errors.ProviderError, RateLimited):
        return of_the_same_login(granted)
    return who if who.connected else of_the_same_login(granted)


def known(who: Who) -> Who:
    """Say whether the account is connected here."""
    account = db.session.scalar(
        select(Account).where(Account.provider_id == who.identity)
    )
    return replace(who, connected=bool(account and account.token_set))


def told_by(api: Client, granted: oauth.Tokens) -> Who:
    claims = oauth.claims_of(granted.access_token)
    if "account_read" not in granted.scopes:
        if not claims.platform_user_id:
            raise errors.Nonsense("a token that does not say whose it is")
        return Who(
            claims.platform_user_id[:80],
            (claims.sub or claims.platform_user_id)[:MAX_NAME],
            claims.sub[:MAX_NAME],
            _address(claims.sub),
        )
    summary = api.summary()
    name = summary.organization_name or summary.contact_email or claims.sub
    return Who(
        summary.encoded_account_id,
        name[:MAX_NAME],
        (claims.sub or summary.contact_email or "")[:MAX_NAME],
        _address(claims.sub) or _address(summary.contact_email or ""),
    )


def of_the_same_login(granted: oauth.Tokens) -> Who | None:
    """The connected account whose stored token is of the login that has just consented."""
    user = oauth.claims_of(granted.access_token).platform_user_id
    if not user:
        return None
    for tokens_of_one in db.session.scalars(select(TokenSet)):
        claims, account = token_store.claims_in(tokens_of_one), tokens_of_one.account
        if claims and claims.platform_user_id == user:
            return Who(
                account.provider_id,
                account.name,
                account.login,
                account.notify_email,
                connected=True,
            )
    return None


def _address(text: str) -> str:
    """Return the text if a mail could go there, else "": a login may be any name."""
    has_dot = "." in text.rpartition("@")[2]
    if has_dot and mail_address(text):
        return text
    return ""
