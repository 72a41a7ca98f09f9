"""What an account's grant allows, by route, as three sources tell it.

They are the stored grant, the access token itself, and the provider's `token_info`.
"""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from app import messages
from app.accounts.models import TokenSet

YES, NO, UNKNOWN = "yes", "no", "unknown"
EXPIRED, REFUSED = "expired", "refused"
LOOKS: dict[str, tuple[str, str, LazyString]] = {
    YES: ("ok", "check", _("Yes")),
    NO: ("warn", "x", _("No")),
    UNKNOWN: ("quiet", "info", _("Unknown")),
    EXPIRED: ("quiet", "clock", _("Expired")),
    REFUSED: ("warn", "x", _("Refused")),
}
# `token_info` tells these alone (contract section 2)
TOLD_BY_TOKEN_INFO = ("account_read", "account_update", "contact_data", "campaign_data")


@dataclass(frozen=True)
class Source:
    """The scopes that one source tells; `state` in their place when there are none."""

    scopes: frozenset[str]
    state: str = ""

    def of(self, scopes: tuple[str, ...]) -> str:
        if self.state:
            return self.state
        return YES if self.scopes.intersection(scopes) else NO


@dataclass(frozen=True)
class Permission:
    """One line of the table: what a route is used for, and who says it may be."""

    what: LazyString
    route: str
    scopes: tuple[str, ...]
    grant: str
    token: str
    token_info: str

    @property
    def agrees(self) -> bool:
        answers = {self.grant, self.token, self.token_info}
        return not answers >= {YES, NO}


def table(
    token_set: TokenSet, scp: tuple[str, ...], unused_for_good: bool, now: datetime
) -> list[Permission]:
    """Return a line for each route of the provider; `scp` are the token's own scopes."""
    grant = _grant(token_set, unused_for_good)
    token = _token(token_set, scp, now)
    token_info = _token_info(token_set)
    lines = []
    for route, scopes, what in messages.SCOPES_FOR:
        is_told = set(scopes) <= set(TOLD_BY_TOKEN_INFO)
        lines.append(
            Permission(
                what=what,
                route=route,
                scopes=scopes,
                grant=grant.of(scopes),
                token=token.of(scopes),
                token_info=token_info.of(scopes) if is_told else UNKNOWN,
            )
        )
    return lines


def disputed(lines: list[Permission]) -> list[str]:
    """Return the scopes that the sources disagree about, each once."""
    return list(dict.fromkeys(line.scopes[0] for line in lines if not line.agrees))


def _grant(token_set: TokenSet, unused_for_good: bool) -> Source:
    if token_set.refused_at:
        return Source(frozenset(), REFUSED)
    if unused_for_good:
        return Source(frozenset(), EXPIRED)
    return Source(frozenset(token_set.scopes.split()))


def _token(token_set: TokenSet, scp: tuple[str, ...], now: datetime) -> Source:
    if token_set.expires_at <= now:
        return Source(frozenset(), EXPIRED)
    if not scp:
        return Source(frozenset(), UNKNOWN)
    return Source(frozenset(scp))


def _token_info(token_set: TokenSet) -> Source:
    if not token_set.token_info:
        return Source(frozenset(), UNKNOWN)
    return Source(frozenset(token_set.token_info.split()))
