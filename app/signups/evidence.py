"""What can be shown of a sign-up for years: how it came, the words that were agreed to,
who confirmed, and what the provider answered.

A record is written once, when the sign-up is over, and holds neither the address nor
the answers: it is found by a keyed hash of the address. Nothing changes or deletes one.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.database.session import db, insert, write_transaction
from app.forms import versions
from app.forms.models import ConsentWording, Form, FormVersion
from app.services import services
from app.signups import corrections, people
from app.signups.corrections import CorrectionLine
from app.signups.models import Attempt, Evidence, Signup, SignupEvent
from app.signups.screening import signals

Record = dict[str, Any]
Version = tuple[str, datetime]  # a form, and when it was changed last
ADDRESS = "(address)"  # stands for the person's own where the provider quotes it
MAX_OF_A_PERSON = 200


@dataclass(frozen=True)
class Sheet:
    """One sign-up's record, its digest, and the form as it looked."""

    signup_id: str
    record: Record
    digest: str
    form: Record | None  # None where no version of it was kept
    is_final: bool  # it is stored, and will not change
    # old and new of what was corrected, as long as the sign-up is kept
    corrections: tuple[CorrectionLine, ...] = ()

    @property
    def is_intact(self) -> bool:
        """Whether record and form are as they were written."""
        if self.digest != digest_of(self.record):
            return False
        return self.form is None or self.record["form"]["looked"] == digest_of(
            self.form
        )

    @property
    def as_json(self) -> Record:
        return {
            "signup": self.signup_id,
            "final": self.is_final,
            "intact": self.is_intact,
            "digest": self.digest,
            "record": self.record,
            "form": self.form,
            "corrections": [line.as_json for line in self.corrections],
        }


def digest_of(record: Record) -> str:
    """Return the SHA-256 of a record in its one canonical JSON."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def rows_of(ids: list[str]) -> dict[str, dict[str, Any]]:
    """Make the rows of these sign-ups, which are over; by sign-up, to be stored by
    `store`. Outside a transaction: nothing of them changes any more.
    """
    now, rows = services().clock.now(), {}
    for row, record in _records(ids, keeps=True):
        rows[row.id] = {
            "signup_id": row.id,
            "person": people.hash_of(row.person),
            "at": now,
            "record": record,
            "digest": digest_of(record),
        }
    return rows


def store(session: Session, rows: list[dict[str, Any]]) -> None:
    """Write rows inside the caller's transaction; what is written before stays."""
    if rows:
        session.execute(insert(Evidence).on_conflict_do_nothing(), rows)


def sheet_of(signup_id: str) -> Sheet | None:
    """Return the sheet of a sign-up: as it was stored, or as it would be by now."""
    stored = db.session.get(Evidence, signup_id)
    sheets = [_stored_sheet(stored)] if stored else _live_sheets([signup_id])
    return next(iter(_with_corrections(sheets)), None)


def sheets_of(address: str) -> list[Sheet]:
    """Return the sheets of a person's sign-ups, the newest first.

    Also of those whose address and answers are gone.
    """
    person = address.strip().lower()
    query = (
        select(Evidence)
        .where(Evidence.person.in_(people.hashes(person)))
        .order_by(Evidence.at.desc())
        .limit(MAX_OF_A_PERSON)
    )
    stored = [_stored_sheet(row) for row in db.session.scalars(query)]
    live = select(Signup.id).where(Signup.person == person).limit(MAX_OF_A_PERSON)
    ids = {sheet.signup_id for sheet in stored}
    rest = [id for id in db.session.scalars(live) if id not in ids]
    sheets = _with_corrections([*stored, *_live_sheets(rest)])
    return sorted(
        sheets, key=lambda sheet: sheet.record["signed_up"]["at"], reverse=True
    )


def _with_corrections(sheets: list[Sheet]) -> list[Sheet]:
    lines = corrections.lines_of([sheet.signup_id for sheet in sheets])
    return [
        replace(sheet, corrections=tuple(lines.get(sheet.signup_id, ())))
        for sheet in sheets
    ]


def _live_sheets(ids: list[str]) -> list[Sheet]:
    return [
        Sheet(row.id, record, digest_of(record), _form_of(record), is_final=False)
        for row, record in _records(ids)
    ]


def _stored_sheet(row: Evidence) -> Sheet:
    return Sheet(
        row.signup_id, row.record, row.digest, _form_of(row.record), is_final=True
    )


def _form_of(record: Record) -> Record | None:
    """Return the form as it looked, which records of all its sign-ups share."""
    version = record["form"]["version"]
    if not version:
        return None
    row = db.session.get(
        FormVersion, (record["form"]["id"], datetime.fromisoformat(version))
    )
    return row.snapshot if row else None


# -- making records of rows


def _records(ids: list[str], keeps: bool = False) -> list[tuple[Any, Record]]:
    """Make records; `keeps`: how a form looks is stored where it was not before."""
    query = (
        select(
            *(Signup.__table__.c[name] for name in _COLUMNS),
            Form.name.label("form_name"),
            Account.name.label("account_name"),
            Account.provider_id,
            ConsentWording.version.label("consent_version"),
            ConsentWording.text.label("consent_text"),
        )
        .join(Form, Form.id == Signup.form_id)
        .join(Account, Account.id == Signup.account_id)
        .join(ConsentWording, ConsentWording.id == Signup.consent_id)
        .where(Signup.id.in_(ids))
    )
    rows: list[Any] = list(db.session.execute(query))
    looked = _digests({(row.form_id, row.form_version) for row in rows}, keeps)
    attempts = _by_signup(
        select(Attempt).where(Attempt.signup_id.in_(ids)).order_by(Attempt.number)
    )
    events = _by_signup(
        select(SignupEvent)
        .where(SignupEvent.signup_id.in_(ids))
        .order_by(SignupEvent.at, SignupEvent.id)
    )
    return [
        (row, _record(row, looked, attempts[row.id], events[row.id])) for row in rows
    ]


_COLUMNS = (
    "id",
    "form_id",
    "account_id",
    "consent_id",
    "email",
    "person",
    "host_page",
    "created_at",
    "state",
    "reason",
    "settled_at",
    "contact_id",
    "action",
    "door",
    "network",
    "proven",
    "signals",
    "form_version",
    "language",
    "lists_only",
    "confirmed_at",
)


def _record(
    row: Any,
    looked: dict[Version, str],
    attempts: list[Attempt],
    events: list[SignupEvent],
) -> Record:
    return {
        "form": {
            "id": row.form_id,
            "name": row.form_name,
            "version": _moment(row.form_version),
            "looked": looked.get((row.form_id, row.form_version)),
        },
        "account": {"id": row.provider_id, "name": row.account_name},
        "consent": {
            "id": row.consent_id,
            "version": row.consent_version,
            "text": row.consent_text,
            "language": row.language,
        },
        "signed_up": {
            "at": _moment(row.created_at),
            "door": row.door,
            "host_page": row.host_page,
            "network": row.network,
            "proven": row.proven,
            "signals": signals.names_in(row.signals),
        },
        "confirmed_at": _moment(row.confirmed_at),
        "events": [_event(event) for event in events],
        "attempts": [_attempt(attempt, row.email) for attempt in attempts],
        "outcome": {
            "state": row.state,
            "reason": row.reason,
            "action": row.action,
            "settled_at": _moment(row.settled_at),
            "contact_id": row.contact_id,
            "lists_only": row.lists_only,
        },
    }


def _event(event: SignupEvent) -> Record:
    return {
        "at": _moment(event.at),
        "what": event.what,
        "who": event.who,
        "detail": event.detail,
    }


def _attempt(attempt: Attempt, address: str) -> Record:
    detail = attempt.detail
    if address:
        detail = " ".join(_unless_it_has(address, word) for word in detail.split(" "))
    return {
        "number": attempt.number,
        "started_at": _moment(attempt.started_at),
        "ended_at": _moment(attempt.ended_at),
        "outcome": attempt.outcome,
        "detail": detail,
        "request_id": attempt.request_id,
    }


def _unless_it_has(address: str, word: str) -> str:
    """Return the word, or what stands for the address where it is part of it."""
    return ADDRESS if address.lower() in word.lower() else word


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _by_signup(query: Select[Any]) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = defaultdict(list)
    for row in db.session.scalars(query):
        rows[row.signup_id].append(row)
    return rows


def _digests(wanted: Iterable[Version], keeps: bool) -> dict[Version, str]:
    """Return the digest of each version of a form that was kept.

    `keeps`: what is still as it was shown is kept now.
    """
    named = {version for version in wanted if version[1]}
    digests = _kept(named)
    missing = named - set(digests)
    if keeps and missing and _keep(missing):
        digests |= _kept(missing)
    return digests


def _kept(named: set[Version]) -> dict[Version, str]:
    key = tuple_(FormVersion.form_id, FormVersion.version)
    query = select(FormVersion).where(key.in_(named))
    return {
        (row.form_id, row.version): digest_of(row.snapshot)
        for row in db.session.scalars(query)
    }


def _keep(missing: set[Version]) -> bool:
    """Keep those that are how their form still looks; tell whether there were any."""
    with write_transaction() as session:
        forms = session.scalars(
            select(Form).where(Form.id.in_({form_id for form_id, _at in missing}))
        )
        current = [form for form in forms if (form.id, form.updated_at) in missing]
        for form in current:
            versions.keep(session, form)
    return bool(current)
