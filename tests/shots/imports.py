"""Imports in the full house: one of each state, as their pages show them."""

import io
from typing import Any

from sqlalchemy import delete, update

from app.accounts import facts
from app.database.session import write_transaction
from app.imports import actions, queries, step, upload
from app.imports.models import ContactImport, ImportPart, ImportPiece
from app.services import services
from tests.shots.stage import ARABIC, LONG

ADMIN = "admin@example.com"
PEOPLE = (
    f"E-mail;First name;Last name;Birthday;{LONG}\n"
    + "".join(
        f"p{n}@example.com;Zoë;O’Brien-Łukasiewicz;{n}/5/1980;{n}\n"
        for n in range(1, 29)
    )
    + f"nobody;{ARABIC};;99/99/99;\np1@example.com;;;;\n"
)
UNREADABLE = b"PK\x03\x04 half a workbook"
COUNTERS = {
    "person_count": 39_100,
    "error_count": 880,
    "correctable_count": 15,
    "cannot_add_to_list_count": 12,
}


def imports(account_id: str) -> dict[str, str]:
    """An import of each name; its state is what its page is about."""
    lists = [each.list_id for each in facts.lists_of(account_id)]
    names = {}
    for state in (
        "reading",
        "unreadable",
        "uploaded",
        "checked",
        "sending",
        "following",
        "done",
        "failed",
        "cancelled",
        "checking",
    ):
        name = {"done": f"{LONG}.csv", "failed": f"{ARABIC}.csv"}.get(
            state, f"{state}.csv"
        )
        names[f"import_{state}"] = id = upload.receive(
            io.BytesIO(UNREADABLE if state == "unreadable" else PEOPLE.encode()),
            name,
            account_id,
            ADMIN,
        )
        if state == "reading":
            _set_aside(id)
            continue
        step.step()
        if state in ("unreadable", "uploaded"):
            continue
        actions.map_columns(
            id,
            queries.guess(queries.one(id)),
            lists=lists[:2],
            dates="mdy",
            door="json",
        )
        while state != "checking" and step.step():
            pass
        if state not in ("checked", "checking"):
            _as_though(id, account_id, state)
    return names


def _set_aside(id: str) -> None:
    """Let no worker read it: the page is about the wait."""
    with write_transaction() as session:
        session.execute(
            update(ContactImport)
            .where(ContactImport.id == id)
            .values(due_at=None, failures=1)
        )


def _as_though(id: str, account_id: str, state: str) -> None:
    """Later in its life, with two jobs of many contacts: what the provider would need
    minutes for.
    """
    now = services().clock.now()
    ended = {"finished_at": now} if state in ("done", "failed", "cancelled") else {}
    second: dict[str, Any] = {
        "sending": {"state": "planned"},
        "following": {
            "state": "accepted",
            "provider_state": "processing",
            "percent": 40,
        },
        "done": {
            "state": "done",
            "provider_state": "completed",
            "percent": 100,
            "counters": {"person_count": 12_300, "error_count": 45},
            "errors": ["Email address is invalid: nobody@example", f"{ARABIC}: {LONG}"],
        },
        "failed": {
            "state": "failed",
            "provider_state": "timed_out",
            "reason": "job_timed_out",
        },
        "cancelled": {"state": "dropped"},
    }[state]
    with write_transaction() as session:
        session.execute(delete(ImportPart).where(ImportPart.import_id == id))
        session.execute(
            delete(ImportPiece).where(
                ImportPiece.import_id == id, ImportPiece.kind == "file"
            )
        )
        session.add(
            ImportPart(
                import_id=id,
                number=1,
                account_id=account_id,
                rows=40_000,
                state="done",
                percent=100,
                activity_id=f"{id[:-1]}1",
                provider_state="completed",
                counters=COUNTERS,
            )
        )
        session.add(
            ImportPart(
                import_id=id,
                number=2,
                account_id=account_id,
                rows=12_345,
                activity_id="" if state in ("sending", "cancelled") else f"{id[:-1]}2",
                **second,
            )
        )
        session.execute(
            update(ContactImport)
            .where(ContactImport.id == id)
            .values(
                state=state,
                begun_at=now,
                begun_by=ADMIN,
                due_at=None,
                rows=52_400,
                good=52_345,
                **ended,
                reason={"sending": "throttled", "failed": "parts_failed"}.get(
                    state, ""
                ),
                **(
                    {"cancelled_at": now, "cancelled_by": ADMIN}
                    if state == "cancelled"
                    else {}
                ),
            )
        )
