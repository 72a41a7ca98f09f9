"""What admins are emailed once a day at most: each cause looks for what is new to tell.

Nothing here writes. What ends by itself is no cause, but for the daily API limit, which
can mean that somebody else uses the key.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from app import messages
from app.accounts.api_client import pace
from app.accounts.api_rate import midnight_after
from app.accounts.models import Account, AccountField, AccountList
from app.database.session import db
from app.forms.models import Form
from app.imports import queries as imports
from app.imports.models import ContactImport, ImportState
from app.mail import outbox
from app.mail.message import one_line
from app.mail.models import MessageState, Notice
from app.messages import daily_alerts as words
from app.services import services
from app.signups.models import Signup, SignupState
from app.status import waiting
from app.status.waiting import Cause
from app.web import times

Mail = words.Mail
MAX_IMPORTS = 50
ABOUT = "daily:"  # begins what the mails are about


@dataclass(frozen=True)
class Window:
    """From which moment on things are new, up to which one they are looked at."""

    since: datetime
    until: datetime
    now: datetime
    told_at: datetime | None = None

    def has(self, moment: ColumnElement[datetime]) -> ColumnElement[bool]:
        """Select what happened in it."""
        return and_(moment > self.since, moment <= self.until)


def parked(window: Window) -> Mail | None:
    """Look for sign-ups that the provider does not take as they are."""
    return _laid_aside(SignupState.PARKED, window, words.parked)


def held(window: Window) -> Mail | None:
    """Look for sign-ups on hold, but for those of an attack: it has its own mail."""
    return _laid_aside(SignupState.HELD, window, words.held)


def _laid_aside(
    state: SignupState, window: Window, worded: Callable[..., Mail]
) -> Mail | None:
    moment = func.coalesce(Signup.settled_at, Signup.created_at)
    of_attack = Signup.signals.contains(",attack,", autoescape=True)
    is_new = case((and_(window.has(moment), ~of_attack), 1), else_=0)
    query = (
        select(Form.id, Form.name, Signup.reason, func.count(), func.sum(is_new))
        .join(Form, Form.id == Signup.form_id)
        .where(~Signup.counted, Signup.state == state)
        .group_by(Form.id, Form.name, Signup.reason)
        .order_by(func.count().desc(), Form.name, Signup.reason)
    )
    groups = db.session.execute(query).all()
    new = sum(int(row[4]) for row in groups)
    if not new:
        return None
    lines = []
    for _form_id, form, reason, number, _new in groups:
        short = messages.reason_in_short(reason or "")
        lines.append(f"{number} · {one_line(form)}: {short}")
    page = _list_of(state, {row[0] for row in groups}, {row[2] for row in groups})
    return worded(sum(row[3] for row in groups), new, lines, page)


def _list_of(state: SignupState, forms: set[str], reasons: set[str | None]) -> str:
    """Return the list of these sign-ups, as narrow as it can be."""
    filters: dict[str, str] = {"state": state.value}
    if len(forms) == 1:
        filters["form"] = forms.pop()
    if len(reasons) == 1:
        filters["why"] = reasons.pop() or ""
    return _address(f"/signups?{urlencode(filters)}")


def gone(window: Window) -> Mail | None:
    """Look for lists and custom fields of forms that the provider has no more."""
    names, lines, pages = [], [], set()
    for account, id, name in _gone_since(window):
        forms = [form for form in _forms_of(account.id) if _uses(form, id)]
        if not forms:
            continue
        pages |= {form.id for form in forms}
        names.append(one_line(name))
        form_names = [one_line(form.name) for form in forms]
        line = words.gone_line(one_line(name), one_line(account.name), form_names)
        lines.append(line)
    if not names:
        return None
    page = "/forms"
    if len(pages) == 1:
        page = f"/forms/{pages.pop()}"
    return words.gone(names, lines, _address(page))


def _gone_since(window: Window) -> list[tuple[Account, str, str]]:
    """List what is gone: its account, its id at the provider and its name."""
    lists = (
        select(Account, AccountList.list_id, AccountList.name)
        .join(AccountList, AccountList.account_id == Account.id)
        .where(window.has(AccountList.gone_at))  # type: ignore[arg-type]  # may be NULL
    )
    fields = (
        select(Account, AccountField.custom_field_id, AccountField.label)
        .join(AccountField, AccountField.account_id == Account.id)
        .where(window.has(AccountField.gone_at))  # type: ignore[arg-type]  # may be NULL
    )
    rows = [*db.session.execute(lists), *db.session.execute(fields)]
    gone = [(account, id, name) for account, id, name in rows]
    return sorted(gone, key=lambda row: (row[0].name, row[2]))


def _forms_of(account_id: str) -> list[Form]:
    query = (
        select(Form)
        .where(Form.account_id == account_id, Form.deleted_at.is_(None), ~Form.draft)
        .order_by(Form.name, Form.id)
    )
    return list(db.session.scalars(query))


def _uses(form: Form, id: str) -> bool:
    """Tell whether a form names this list or custom field."""
    ids = {item["list_id"] for item in form.lists}
    ids |= {item.get("custom_field_id") for item in form.fields}
    return id in ids


def failed_imports(window: Window) -> Mail | None:
    """Look for imports that ended and left contacts out."""
    query = (
        select(ContactImport)
        .where(
            ContactImport.state.in_((ImportState.FAILED, ImportState.DONE)),
            window.has(ContactImport.finished_at),  # type: ignore[arg-type]  # may be NULL
        )
        .order_by(ContactImport.finished_at.desc())
        .limit(MAX_IMPORTS)
    )
    ids, lines = [], []
    for imported in db.session.scalars(query):
        missing = _not_imported(imported)
        if not missing:
            continue
        ids.append(imported.id)
        file, account = one_line(imported.file_name), one_line(imported.account.name)
        lines.append(words.import_line(file, account, missing, imported.good))
    if not ids:
        return None
    page = "/imports"
    if len(ids) == 1:
        page = f"/imports/{ids[0]}"
    return words.imports(len(ids), lines, _address(page))


def _not_imported(imported: ContactImport) -> int:
    """Count the contacts that the provider did not take, as far as it says."""
    progress = imports.progress(imported)
    missing = progress.errors + progress.correctable + progress.missing
    if imported.state == ImportState.FAILED:
        missing = max(missing, imported.good - progress.persons)
    return missing


def limit(window: Window) -> Mail | None:
    """Look whether today's calls are used up: today is a day of UTC, as they count."""
    now = window.now
    row, gate = pace().today(), waiting.gate(now)
    today_began = now.replace(hour=0, minute=0, second=0, microsecond=0)
    is_told = window.told_at is not None and window.told_at >= today_began
    if row is None or is_told or gate.limit_until is None:
        return None
    per_day = services().settings.calls_per_day
    used = row.used if row.day == now.date() else 0
    until = times.midnight_words(midnight_after(now))
    number = waiting.waiting(now).of(Cause.DAILY_LIMIT)
    page = _address(f"/signups?state=waiting&cause={Cause.DAILY_LIMIT}")
    return words.limit(per_day, used, number, until, page)


def unsent_mails(window: Window) -> Mail | None:
    """Look for mails that were given up, but for those that told of such mails."""
    is_visitors = Notice.what == outbox.CONFIRM
    query = (
        select(Notice)
        .where(
            Notice.state == MessageState.GIVEN_UP,
            window.has(Notice.settled_at),  # type: ignore[arg-type]  # may be NULL
            or_(~is_visitors, Notice.reason != "recipient_refused"),
            Notice.about != f"{ABOUT}mails",
        )
        .order_by(Notice.settled_at)
    )
    lines: list[str] = []
    to_visitors: Counter[str] = Counter()
    for notice in db.session.scalars(query):
        why = str(messages.NOTICE_REASONS.get(notice.reason or "", notice.reason))
        if notice.what == outbox.CONFIRM:
            to_visitors[why] += 1
        else:
            lines.append(f"“{notice.subject}” → {notice.recipient}: {why}")
    number = len(lines) + to_visitors.total()
    for why, how_many in to_visitors.items():
        lines.append(words.confirmations_line(how_many, why))
    if not lines:
        return None
    return words.mails(number, lines, _address("/setup#mail"))


def _address(path: str) -> str:
    return f"{services().settings.public_url}{path}"


CAUSES: dict[str, Callable[[Window], Mail | None]] = {
    "parked": parked,
    "held": held,
    "gone": gone,
    "imports": failed_imports,
    "limit": limit,
    "mails": unsent_mails,
}
