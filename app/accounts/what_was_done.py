"""What Latchkey has already done about an account that needs its owner: the link that
went out, and whether it was opened.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import format_datetime, format_time
from markupsafe import Markup
from sqlalchemy import select

from app.accounts.models import ConnectLink
from app.database.session import db
from app.mail.models import MessageState, Notice
from app.messages import invitations as words
from app.services import services

# a link that has expired is told of for so long
REMEMBERED = timedelta(days=14)


@dataclass(frozen=True)
class LastLink:
    """The newest link that an account's owner could reconnect with.

    `how` it went out: sent, waiting or given_up by mail, or only made.
    """

    how: str
    made_at: datetime
    expires_at: datetime
    opened_at: datetime | None

    def outcome(self, now: datetime) -> str:
        """Return unopened, opened, expired or expired_opened."""
        is_over = now >= self.expires_at
        if self.opened_at:
            return "expired_opened" if is_over else "opened"
        return "expired" if is_over else "unopened"

    def sentence(self, on: words.Write | None = None) -> Markup:
        """Say it in one sentence; `on` writes a moment, in our time zone by default."""
        now = services().clock.now()
        moments = {
            "made": self.made_at,
            "opened": self.opened_at,
            "expired": self.expires_at,
        }
        how = self.how
        if self.opened_at or now >= self.expires_at:
            how = "made" if how == "made" else "sent"
        return words.link_sentence(how, self.outcome(now), moments, on or _on)


def what_was_done(account_id: str) -> str:
    """Say what was done to reach an account's owner; "" when nothing was."""
    links = last_links([account_id])
    return links[account_id].sentence() if links else ""


def last_links(account_ids: Iterable[str]) -> dict[str, LastLink]:
    """Find the newest unused link of each account, in one statement."""
    now = services().clock.now()
    query = (
        select(ConnectLink, Notice.state, Notice.settled_at)
        .outerjoin(Notice, Notice.id == ConnectLink.notice_id)
        .where(
            ConnectLink.account_id.in_(list(account_ids)),
            ConnectLink.used_at.is_(None),
            ConnectLink.revoked_at.is_(None),
            ConnectLink.expires_at > now - REMEMBERED,
        )
        .order_by(ConnectLink.created_at)
    )
    links: dict[str, LastLink] = {}
    for link, state, sent_at in db.session.execute(query):
        made_at = link.created_at
        if state == MessageState.SENT and sent_at:
            made_at = sent_at
        links[str(link.account_id)] = LastLink(
            state or "made", made_at, link.expires_at, link.opened_at
        )
    return links


def _on(moment: datetime) -> str:
    """Write a moment with its preposition, without the date if that is today."""
    zone = ZoneInfo(services().settings.timezone)
    today = services().clock.now().astimezone(zone).date()
    if moment.astimezone(zone).date() == today:
        return str(words.AT % {"time": format_time(moment, "short")})
    return str(words.ON % {"time": format_datetime(moment, "MMM d, h:mm a")})
