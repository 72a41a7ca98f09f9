"""The full house: seven accounts in every state, forms, 500 sign-ups in every state,
links, trips that failed.
"""

import random
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.accounts import facts, invitations, status_links
from app.accounts.api_rate import Governor
from app.accounts.models import (
    Account,
    AccountEvent,
    AuthorizationTransaction,
    ConnectLink,
)
from app.confirmation.models import ConfirmationLink
from app.core.crypto import digest
from app.database.session import db, insert, new_id, write_transaction
from app.forms.models import Form
from app.messages import CONNECTING
from app.services import services
from app.signups.models import Attempt, Correction, Signup, SignupEvent, Tally
from tests.shots.imports import imports
from tests.shots.stage import ARABIC, BROWSER, LONG, Stage
from tests.world import ROTATING, World, text_fields

PEOPLE = (
    "Zoë|O’Brien-Łukasiewicz|zoe.obrien+news",
    "Nora|Lindqvist|nora.lindqvist",
    "محمد|الأمين|m.alamin",
    "陈|小明|xiaoming.chen",
    "Ana Lúcia|Ávila|ana.avila",
    "דנה|לוי|dana.levi",
    "Bjørn|Ødegård|bjorn",
    "Siobhán|Ní Bhriain|siobhan",
    "Anh|Nguyễn|anh.nguyen+garden",
    "Иван|Петров|i.petrov",
    "Tom|Abara|TOM.ABARA",
    f"{LONG[:25]}|{LONG[:30]}|a-very-long-address-that-nearly-fills-it",
)
TRIES = {
    "unreachable": "connection refused",
    "provider_down": "503 Service Unavailable",
    "invalid": "Email address is invalid",
}


def furnish(made: Stage) -> dict[str, str]:
    """Put everything in; return the ids that the scenes ask for."""
    with made.app.app_context():
        names = _everything(made.world, random.Random(2))
        db.session.remove()
    return names


def _everything(world: World, dice: random.Random) -> dict[str, str]:
    accounts = [world.account(number) for number in range(7)]
    names = dict(
        zip(
            ("bakery", "yoga", "museum", "food", "library", "long", "arabic"),
            (account.id for account in accounts),
            strict=True,
        )
    )
    forms = _forms(world, accounts)
    names |= {f"form_{name}": form.id for name, form in forms.items()}
    _states_of_accounts(world, accounts)
    names |= _signups(forms, dice)
    _correct(names["signup_refused"])
    names |= _confirmations(names["signup_form_asks"])
    names |= _links(names["food"])
    _opened_link(names["yoga"])
    names |= _trips(names["bakery"])
    names |= {
        f"status_{name}": status_links.make(names[name], "admin@example.com").token
        for name in ("bakery", "yoga", "museum", "arabic")
    }
    names |= imports(names["bakery"])
    _calls_used(2143)
    return names


def _forms(world: World, accounts: list[Account]) -> dict[str, Form]:
    bakery = accounts[0]
    lists = [
        {"list_id": item.list_id, "label": item.name}
        for item in facts.lists_of(bakery.id)
    ]
    custom = text_fields(bakery.id)[0]
    every = [
        {"key": key, "label": label, "required": key == "first_name"}
        for key, label in (
            ("first_name", "First name"),
            ("last_name", "Last name"),
            ("phone_number", "Phone number"),
        )
    ]
    every.append(
        {
            "key": f"cf_{custom.custom_field_id}",
            "label": "Your favourite loaf",
            "required": False,
            "custom_field_id": custom.custom_field_id,
        }
    )
    return {
        "choice": world.form(
            bakery,
            name="Bakery newsletter",
            heading="News from the oven",
            fields=every,
            lists=lists,
            visitor_chooses=True,
            intro="Once a month: what is baked, when we are closed, and a recipe.",
            consent="Yes, send me news by email. I can unsubscribe at any time.",
            success="Thank you! The next letter comes on the first Friday.",
        ),
        "yoga": world.form(accounts[1], name="Morning classes"),
        "museum": world.form(accounts[2], name="Members’ preview"),
        "long": world.form(
            accounts[5],
            name=LONG,
            heading=LONG,
            intro=LONG,
            button=LONG[:60],
            consent=LONG,
            fields=[{"key": "first_name", "label": LONG, "required": True}],
        ),
        "arabic": world.form(
            accounts[6],
            name="نشرة المخبز",
            heading="اشترك في نشرتنا البريدية",
            intro="مرة واحدة في الشهر: ما نخبزه، ومتى نغلق، ووصفة.",
            button="اشتراك",
            consent="نعم، أرسلوا لي الأخبار. يمكنني إلغاء الاشتراك في أي وقت.",
            success="شكرًا لك! أنت الآن على القائمة.",
            fields=[{"key": "first_name", "label": "الاسم الأول", "required": True}],
        ),
        "closed": world.form(
            bakery, name="Easter raffle", heading="Easter raffle", open=False
        ),
    }


def _states_of_accounts(world: World, accounts: list[Account]) -> None:
    now = services().clock.now()
    bakery, yoga, museum, food, library, long, arabic = accounts
    world.token_set(bakery, kind="rotating", version=31)
    world.token_set(
        yoga,
        refused_at=now - timedelta(days=2, hours=3),
        failure="grant_refused",
        expires_at=now - timedelta(days=1),
        obtained_at=now - timedelta(days=3),
    )
    world.token_set(library, kind="long_lived")
    world.token_set(
        food,
        refresh_due_at=now - timedelta(hours=2),
        expires_at=now + timedelta(hours=3),
    )
    _set(
        museum,
        trouble="provider_down",
        trouble_since=now - timedelta(minutes=50),
        trouble_count=7,
        trouble_detail='503 Service Unavailable\n{"message":"Service Unavailable"}',
        hold_until=now + timedelta(hours=3),
    )
    _set(
        long,
        name=LONG,
        login="accounts-and-newsletters-department@" + LONG[:30].lower() + ".example",
    )
    _set(arabic, name=ARABIC, disconnected_at=now - timedelta(days=9))
    for days, what, detail in (
        (90, "connected", "nora@mapleandrye.example"),
        (3, "refreshed", ""),
        (2.2, "trouble", "unreachable"),
        (2.1, "mended", ""),
        (2, "refreshed", ""),
        (1, "refreshed", ""),
        (0.2, "refreshed", ""),
    ):
        _occurred(bakery, now - timedelta(days=days), what, detail)
    for days, what, detail in (
        (40, "connected", "priya@quiettide.example"),
        (3, "refreshed", ""),
        (
            2.1,
            "grant_refused",
            "invalid_grant: The refresh token is invalid or expired.",
        ),
    ):
        _occurred(yoga, now - timedelta(days=days), what, detail)
    _occurred(museum, now - timedelta(minutes=50), "trouble", "provider_down")
    _occurred(arabic, now - timedelta(days=9), "disconnected", "admin@example.com")


def _signups(forms: dict[str, Form], dice: random.Random) -> dict[str, str]:
    """500 of them over 30 days, and one of each kind to look at closely."""
    now, rows, tries = services().clock.now(), [], []
    kinds: list[tuple[str, str, str | None, int]] = [
        ("yoga", "waiting", None, 37),
        ("museum", "waiting", "provider_down", 4),
        ("arabic", "waiting", None, 2),
        ("choice", "confirming", "form_asks", 3),
        ("choice", "held", "opted_out", 5),
        ("choice", "held", "looks_automatic", 3),
        ("choice", "parked", "invalid", 2),
        ("choice", "parked", "list_missing", 2),
        ("choice", "closed", "refused", 6),
        ("choice", "closed", "merged", 4),
        ("long", "delivered", "created", 40),
        ("arabic", "delivered", "updated", 30),
    ]
    kinds.append(
        ("choice", "delivered", "created", 500 - sum(kind[3] for kind in kinds))
    )
    chosen: dict[str, str] = {}
    for form_name, state, reason, count in kinds:
        for number in range(count):
            row = _row(forms[form_name], state, reason, number, dice, now)
            rows.append(row)
            tries += _tries(row, now)
            chosen.setdefault(f"signup_{reason or state}", row["id"])
    tallies = Counter((row["form_id"], row["created_at"].date()) for row in rows)
    with write_transaction() as session:
        session.execute(insert(Signup), rows)
        session.execute(insert(Attempt), tries)
        session.execute(
            insert(Tally), [_tally(form, day, n) for (form, day), n in tallies.items()]
        )
    return chosen


def _row(
    form: Form,
    state: str,
    reason: str | None,
    number: int,
    dice: random.Random,
    now: datetime,
) -> dict[str, Any]:
    first, last, local = PEOPLE[(number * 5 + len(form.name)) % len(PEOPLE)].split("|")
    email = f"{local}{number or ''}@example.com"[:80]
    at = now - timedelta(
        days=min(29.4, dice.expovariate(1 / 11)), minutes=dice.randrange(600) + 1
    )
    custom = [
        {"custom_field_id": item["custom_field_id"], "value": "Sourdough with walnuts"}
        for item in form.fields
        if item.get("custom_field_id")
    ]
    body = {
        "first_name": first,
        "last_name": last,
        "custom_fields": custom,
        "list_memberships": [item["list_id"] for item in form.lists[:2]],
    }
    done = state == "delivered"
    return {
        "id": new_id(),
        "form_id": form.id,
        "account_id": form.account_id,
        "consent_id": form.consent_id,
        "press_id": new_id(),
        "email": email,
        "person": email.lower(),
        "body": body,
        "created_at": at,
        "host_page": "https://www.mapleandrye.example/newsletter",
        "state": state,
        "reason": reason,
        "attempts": (
            0
            if state == "confirming" or reason == "looks_automatic"
            else 3
            if state == "parked"
            else 1
        ),
        "may_resubscribe": False,
        "due_at": now if state == "waiting" else None,
        "settled_at": at + timedelta(seconds=2) if done else None,
        "action": reason if done else None,
        "contact_id": str(UUID(int=dice.getrandbits(128))) if done else None,
    }


def _tries(row: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    outcome = {"waiting": "provider_down", "parked": row["reason"]}.get(
        row["state"], row["reason"]
    )
    return [
        {
            "signup_id": row["id"],
            "number": number,
            "started_at": row["created_at"] + timedelta(seconds=number * 20),
            "ended_at": row["created_at"] + timedelta(seconds=number * 20 + 1),
            "outcome": outcome if number == row["attempts"] else "unreachable",
            "detail": TRIES.get(
                outcome if number == row["attempts"] else "unreachable", ""
            ),
            "request_id": f"1f0c9a52-{number:04d}-4a5e-9b1e-5d3c27a1c0de",
        }
        for number in range(1, row["attempts"] + 1)
    ]


def _correct(signup_id: str) -> None:
    """Say that an admin corrected a sign-up before it was closed."""
    row, now = db.session.get_one(Signup, signup_id), services().clock.now()
    content = {"email": row.email, "body": row.body}
    before = {"email": "mistyped@gmial.example", "body": {**row.body, "last_name": ""}}
    by = {"signup_id": signup_id, "at": now, "who": "admin@example.com"}
    with write_transaction() as session:
        session.add(Correction(**by, before=before, after=content))
        detail = {"changed": ["Email address", "Last name"], "before": "0" * 64}
        session.add(SignupEvent(**by, what="corrected", detail=detail))


def _confirmations(signup_id: str) -> dict[str, str]:
    """A link to confirm one sign-up: the token in its address."""
    now, token = services().clock.now(), "o" * 43
    row = db.session.get_one(Signup, signup_id)
    made = {
        "token_digest": digest(token),
        "signup_id": row.id,
        "form_id": row.form_id,
        "person": row.person,
        "created_at": now - timedelta(hours=2),
        "what": "asked",
        "expires_at": now + timedelta(days=6),
        "notice_id": new_id(),
    }
    with write_transaction() as session:
        session.execute(insert(ConfirmationLink).values(made))
        asked = SignupEvent(signup_id=row.id, at=made["created_at"], what="asked")
        session.add(asked)
    return {"confirm_open": token}


def _links(account_id: str) -> dict[str, str]:
    now, made = services().clock.now(), {}
    for name, label in (
        ("used", "Open Hands Food Bank"),
        ("revoked", "The old museum shop"),
        ("expired", LONG),
        ("open", "Maple & Rye Bakery newsletter"),
    ):
        link = invitations.create(label, 7, "admin@example.com")
        made[f"link_{name}"] = link.address.removeprefix(services().settings.public_url)
        values = {
            "used": {"used_at": now - timedelta(days=1), "account_id": account_id},
            "revoked": {"revoked_at": now - timedelta(days=2)},
            "expired": {"expires_at": now - timedelta(days=3)},
        }.get(name)
        if values:
            with write_transaction() as session:
                session.execute(
                    update(ConnectLink)
                    .where(ConnectLink.id == link.id)
                    .values(**values)
                )
    return made


def _opened_link(account_id: str) -> None:
    """A link that its owner has opened, and not used yet."""
    now = services().clock.now()
    link = invitations.create("Quiet Tide Yoga", 14, "admin@example.com", account_id)
    with write_transaction() as session:
        session.execute(
            update(ConnectLink)
            .where(ConnectLink.id == link.id)
            .values(
                created_at=now - timedelta(hours=3),
                opened_at=now - timedelta(hours=2, minutes=44),
                last_opened_at=now - timedelta(minutes=20),
            )
        )


def _trips(account_id: str) -> dict[str, str]:
    """One trip for each way it can end, and one that has not ended."""
    checked = [
        {"what": "refresh_token", "ok": True},
        {"what": "privileges", "ok": True},
        {"what": "lists", "ok": True, "count": 4},
        {"what": "fields", "ok": True, "count": 1},
    ]
    details: dict[str, dict[str, str]] = {
        "provider_said": {"detail": "server_busy: Come back later."},
        "other_account": {
            "detail": "",
            "expected": "Maple & Rye Bakery",
            "found": "Quiet Tide Yoga",
            "found_login": "priya@quiettide.example",
        },
    }
    ends: dict[str, tuple[str | None, list[dict[str, Any]], dict[str, str]]] = {
        reason: (reason, [], details.get(reason, {"detail": ""}))
        for reason in CONNECTING
    }
    in_part = [*checked[:3], {"what": "fields", "ok": False}]
    ends |= {
        "connected": ("connected", checked, {}),
        "connected_in_part": ("connected", in_part, {}),
        "under_way": (None, [], {}),
    }
    ids = {f"trip_{name}": new_id() for name in ends}
    now = services().clock.now()
    with write_transaction() as session:
        link = session.query(ConnectLink).filter(ConnectLink.used_at.is_not(None)).one()
        for name, (outcome, checklist, more) in ends.items():
            session.add(
                AuthorizationTransaction(
                    id=ids[f"trip_{name}"],
                    state_digest=digest(name),
                    browser_digest=digest(BROWSER),
                    created_at=now,
                    link_id=None if name == "connected_in_part" else link.id,
                    redirect_uri="",
                    expires_at=now,
                    burnt_at=now,
                    granted_at=now,
                    outcome=outcome,
                    checklist=checklist,
                    details=more,
                    account_id=account_id,
                )
            )
    return ids


def _set(account: Account, **values: Any) -> None:
    with write_transaction() as session:
        session.execute(
            update(Account).where(Account.id == account.id).values(**values)
        )


def _occurred(account: Account, at: datetime, what: str, detail: str) -> None:
    with write_transaction() as session:
        session.add(
            AccountEvent(account_id=account.id, at=at, what=what, detail=detail)
        )


def _tally(form_id: str, day: date, accepted: int) -> dict[str, Any]:
    return {"form_id": form_id, "day": day, "accepted": accepted}


def _calls_used(number: int) -> None:
    now = services().clock.now()
    with write_transaction() as session:
        session.execute(
            update(Governor)
            .where(Governor.api_key == ROTATING.client_id)
            .values(used=number, day=now.date())
        )
