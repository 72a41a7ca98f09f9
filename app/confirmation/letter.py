"""The mail that asks somebody to confirm, in the language of their press."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import force_locale, format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Account, AccountList
from app.mail.message import MAX_SUBJECT, one_line
from app.messages import confirmation as words
from app.services import services
from app.signups.models import Signup

MAX_NAMES = 500  # characters of all lists' names
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True)
class Letter:
    """A mail that is to be put into the outbox."""

    subject: str
    text: str
    sender_name: str


def compose(
    session: Session, row: Signup, token: str, expires_at: datetime, reminds: bool
) -> Letter:
    """Word the mail of one sign-up."""
    with force_locale(row.language or DEFAULT_LANGUAGE):
        subject = _subject(row, reminds)
        text = _text(session, row, token, expires_at)
    name = services().settings.mail_name or organization_of(row.account)
    return Letter(subject, text, name)


def organization_of(account: Account) -> str:
    """Return the name that people know an account by."""
    return one_line(account.sender_name or account.name, MAX_SUBJECT)


def lists_of(session: Session, row: Signup) -> list[str]:
    """Return the names of a sign-up's lists, as the form shows them."""
    labels = {item["list_id"]: item["label"] for item in row.form.lists}
    ids = row.body.get("list_memberships", [])
    if missing := [id for id in ids if id not in labels]:
        names = select(AccountList.list_id, AccountList.name).where(
            AccountList.account_id == row.account_id, AccountList.list_id.in_(missing)
        )
        labels |= dict(session.execute(names).tuples())
    return [labels[id] for id in ids if id in labels]


def _subject(row: Signup, reminds: bool) -> str:
    own = one_line(row.form.confirm_subject, MAX_SUBJECT)
    subject = own or words.SUBJECT % {"organization": organization_of(row.account)}
    if reminds:
        subject = words.REMINDER % {"subject": subject}
    return one_line(str(subject), MAX_SUBJECT)


def _text(session: Session, row: Signup, token: str, expires_at: datetime) -> str:
    named = {
        "organization": organization_of(row.account),
        "form": one_line(row.form.heading, MAX_SUBJECT),
    }
    intro = row.form.confirm_text.strip() or words.INTRO % named
    if why := words.WHY.get(row.reason or ""):
        intro = f"{intro}\n\n{why % named}"
    link = address(token)
    text = words.TEXT % {
        "intro": intro,
        "link": link,
        "facts": _facts(session, row, named),
        "until": format_date(expires_at, "long"),
        "not_me": f"{link}/not-me",
        "sender": _sender(row.account),
    }
    return str(text)


def _facts(session: Session, row: Signup, named: dict[str, str]) -> str:
    lines = [str(words.FORM % named)]
    if names := lists_of(session, row):
        joined = one_line(", ".join(names), MAX_NAMES)
        lines.append(str(words.LISTS % {"lists": joined}))
    return "\n".join(lines)


def _sender(account: Account) -> str:
    postal_address = account.sender_address or account.postal_address
    return "\n".join(filter(None, (organization_of(account), postal_address.strip())))


def address(token: str) -> str:
    """Return the address of a link's page."""
    return f"{services().settings.public_url}/confirm/{token}"
