"""Mail each admin who wants it a summary of a day or a week, in numbers only.

Whoever moves `summary_due_at` on puts the mail, in the same transaction: so it is sent
once however many workers there are, and later if none was there at the hour.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import format_date, format_percent
from sqlalchemy import or_, select, update

from app import messages
from app.auth import alert_choices
from app.auth.models import User
from app.database.session import db, rowcount, write_transaction
from app.mail import outbox
from app.mail.message import one_line
from app.messages import summary as words
from app.services import services
from app.signups.models import SignupState
from app.stats import account_ranking, counts, period
from app.status import waiting

WHAT = "summary"
DAYS = {"daily": 1, "weekly": 7}
# one that is due later than that was put off by a clock that was wrong
LONGEST = timedelta(days=8)
MAX_ACCOUNTS = 10


def send_due(now: datetime) -> None:
    """Put the summaries that are due. Called every few seconds."""
    query = select(User.id, User.email, User.summary, User.summary_due_at).where(
        User.active,
        or_(User.summary_due_at <= now, User.summary_due_at > now + LONGEST),
    )
    due = db.session.execute(query).all()
    if not due:
        return
    admins = {user.id for user in alert_choices.admins()}
    mails: dict[str, tuple[str, str]] = {}
    for user_id, email, how_often, due_at in due:
        if user_id not in admins or how_often not in DAYS:
            continue
        if how_often not in mails:
            mails[how_often] = _mail(DAYS[how_often], now)
        next_due = alert_choices.next_due(how_often, now)
        moved = update(User).where(User.id == user_id, User.summary_due_at == due_at)
        with write_transaction() as session:
            if rowcount(session, moved.values(summary_due_at=next_due)) == 1:
                outbox.put(session, WHAT, WHAT, email, *mails[how_often])


def _mail(days: int, now: datetime) -> tuple[str, str]:
    """Word the summary of the last whole days."""
    zone = ZoneInfo(services().settings.timezone)
    last = now.astimezone(zone).date() - timedelta(days=1)
    first = last - timedelta(days=days - 1)
    numbers, named = period.of(first, last), _named(first, last)
    happened = words.signed_up(numbers.accepted, numbers.delivered, named)
    parts: list[tuple[str, list[str]]] = [(happened, [])]
    balance = counts.balance()
    if not balance.holds:
        parts.insert(0, (words.missing(balance.accepted, balance.rows), []))
    parts += [_now(balance, now), *_accounts(now), *_forms(numbers)]
    page = services().settings.public_url
    return words.subject(numbers.accepted, named), words.text(parts, page)


def _named(first: date, last: date) -> str:
    if first == last:
        return str(format_date(last, "EEE, MMM d"))
    return f"{format_date(first, 'MMM d')} – {format_date(last, 'MMM d')}"


def _now(balance: counts.Balance, now: datetime) -> tuple[str, list[str]]:
    """List those who are not at the provider yet, by what they wait for."""
    listed = [
        words.waiting(number, str(messages.CAUSES_OF_WAITING[cause]))
        for cause, number in waiting.waiting(now).by_cause().items()
    ]
    for state, line in (
        (SignupState.CONFIRMING, words.confirming),
        (SignupState.HELD, words.on_hold),
        (SignupState.PARKED, words.need_a_fix),
    ):
        if balance.by_state[state]:
            listed.append(line(balance.by_state[state]))
    return str(words.NOW if listed else words.NOBODY_WAITS), listed


def _accounts(now: datetime) -> list[tuple[str, list[str]]]:
    accounts = account_ranking.need_their_owner(now, MAX_ACCOUNTS)
    names = [one_line(name) for _id, name in accounts]
    return [(str(words.ACCOUNTS), names)] if names else []


def _forms(numbers: period.Period) -> list[tuple[str, list[str]]]:
    lines = []
    for form in numbers.best_forms:
        percent = format_percent(form.conversion)
        line = words.form_line(one_line(form.name), percent, form.signups, form.views)
        lines.append(line)
    return [(str(words.BEST_FORMS), lines)] if lines else []
