"""Whatever somebody may send to a form instead of filling it in, and what must be true
however it looks.

Nothing ends in an accident of ours, and nobody is thanked for nothing: every thank-you
is one more row and one more in the tally, everything else leaves both as they were, and
a row holds only what the provider takes.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote_plus

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.accounts import facts
from app.database.session import db
from app.signups import form_token
from app.signups.models import Signup, SignupState, Tally
from tests.signups.asking import everything
from tests.world import World

TOKEN = "-the-token-of-this-page-"
MAX = {
    "first_name": 50,
    "last_name": 50,
    "phone_number": 25,
    "company_name": 50,
    "job_title": 50,
    "anniversary": 10,
}
MAX_OF_ADDRESS = {
    "kind": 5,
    "street": 255,
    "city": 50,
    "state": 50,
    "postal_code": 50,
    "country": 50,
}
PARTS_OF_GROUPS = (
    "birthday_month",
    "birthday_day",
    "address_street",
    "address_city",
    "address_country",
)
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
REFUSALS = {400, 404, 405, 409, 413, 415, 422}
HOW: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Sent:
    """One request: its body with a stand-in for the form's token, and what goes with
    it.
    """

    body: bytes
    content_type: str | None
    headers: list[tuple[str, str]]
    query: str
    embed: bool

    def __repr__(self) -> str:
        """Short, as some are very long."""
        headers = [(name, value[:80]) for name, value in self.headers]
        return (
            f"Sent({len(self.body)} bytes: {self.body[:300]!r}, {self.content_type!r},"
            f" {headers}, {self.query[:40]!r}, {self.embed})"
        )


class Door:
    """A form that asks for everything, and the count of what came to it."""

    def __init__(self, world: World) -> None:
        account = world.account()
        fields = everything(account)
        self.lists = [item.list_id for item in facts.lists_of(account.id)[:3]]
        self.form = world.form(
            account,
            fields=fields,
            visitor_chooses=True,
            lists=[{"list_id": one, "label": "A list"} for one in self.lists],
        )
        self.custom = [field["key"] for field in fields if "custom_field_id" in field]
        self.world, self.answers = world, Counter[int]()
        self._path, self._of_form, self._held = (
            f"/f/{self.form.id}",
            (self.form.id, self.form.consent_id),
            (0, 0),
        )

    def takes(self, sent: Sent) -> None:
        """Send it, and look at what is stored afterwards."""
        form_id, consent_id = self._of_form
        token = form_token.issue(form_id, "", consent_id)
        answer = self.world.app.test_client().post(
            self._path + ("/embed" if sent.embed else ""),
            data=sent.body.replace(TOKEN.encode(), token.encode()),
            content_type=sent.content_type,
            headers=sent.headers,
            query_string=sent.query,
        )
        before, self._held = self._held, self._counts()
        self.answers[answer.status_code] += 1
        thanked = answer.status_code == 303

        assert thanked or answer.status_code in REFUSALS, answer.status
        assert self._held == (before[0] + thanked, before[1] + thanked)
        assert answer.headers.getlist("Set-Cookie") == []
        if thanked:
            self._is_whole(
                db.session.scalars(
                    select(Signup).order_by(Signup.created_at.desc()).limit(1)
                ).one()
            )

    def _counts(self) -> tuple[int, int]:
        db.session.rollback()
        return (
            db.session.scalar(select(func.count()).select_from(Signup)) or 0,
            db.session.scalar(select(func.sum(Tally.accepted))) or 0,
        )

    def _is_whole(self, row: Signup) -> None:
        body = dict(row.body)
        chosen, custom = body.pop("list_memberships"), body.pop("custom_fields", [])
        birthday = [body.pop(f"birthday_{part}", 0) for part in ("month", "day")]
        street = body.pop("street_address", {})
        texts = [*body.values(), *street.values(), *(one["value"] for one in custom)]

        assert row.state in (SignupState.WAITING, SignupState.HELD)
        assert row.email.isascii()
        assert row.email.isprintable()
        assert "@" in row.email
        assert len(row.email) <= 50
        assert 0 < len(set(chosen)) == len(chosen)
        assert set(chosen) <= set(self.lists)
        assert all(0 < len(body[name]) <= MAX[name] for name in body)
        assert all(0 < len(street[name]) <= MAX_OF_ADDRESS[name] for name in street)
        assert not any(birthday) or date(2000, *birthday)
        assert all(0 < len(one["value"]) <= 255 for one in custom)
        assert len({one["custom_field_id"] for one in custom}) == len(custom)
        assert all(text.encode() and text == text.strip() for text in texts)
        assert not [text for text in texts if set(text) & set("\0\r\t")]


# -- what is sent


def bodies(door: Door) -> st.SearchStrategy[Sent]:
    """Requests of every kind: honest ones, honest ones with something odd, and noise."""
    honest = _honest(door)
    return st.builds(
        _sent,
        st.one_of(honest, honest, _pairs(door)),
        st.sampled_from(CODES),
        st.integers(0, 100),
        st.binary(max_size=200),
        st.just("") | st.text(LATIN, max_size=30),
        st.just([]) | st.lists(st.tuples(st.sampled_from(HEADERS), LINE), max_size=4),
        st.sampled_from(
            ["", "", "x=%00", "embed=1", "%ED%A0%80", "lists=" + "a" * 5000]
        ),
        st.booleans(),
    )


def _sent(
    pairs: Pairs,
    code: str,
    share: int,
    noise: bytes,
    odd: str,
    headers: list[tuple[str, str]],
    query: str,
    embed: bool,
) -> Sent:
    body, content_type = _encoded(pairs, code, share, noise, odd)
    return Sent(body, content_type, headers, query, embed)


ODD = [
    "",
    "\0",
    "a\0b",
    "\r\nBcc: x",
    "\ud800",
    "\ufffe",
    "%",
    "%zz",
    "%ED%A0%80",
    "%00",
    "&",
    "=",
    ";",
    "+",
    "é",
    "🌱" * 60,
    "\u202e",
    "x" * 51,
    "x" * 300,
    "x" * 2001,
    "\u0301" * 1000,
    "x" * 70_000,
    "' OR 1=1 --",
    "{{7*7}}",
    "<script>",
    "../../etc/passwd",
    "-1",
    "1e999",
    "NaN",
    "null",
    "true",
    "[]",
    "\x1b[31m",
]
FINE = {
    "address_street": "Rye Lane 5",
    "address_city": "Bern",
    "anniversary": "2011-05-31",
}
# from the third type on
OF_TYPES = ["12", "12.50", "2026-02-28", "2026-05-31T14:30", "y", "A friend", "Events"]
EMAILS = [
    "zoe@example.com",
    "ZOE+1@Example.COM",
    " zoe@example.com ",
    "zoe@münchen.example.de",
    "zoe",
    "@",
    "a@b",
    "a@b@c.de",
    "zoe@example.com\0",
    "zo%00e@example.com",
    '"z e"@example.com',
    "zoe@[::1]",
    "z" * 65 + "@example.com",
]
LATIN = st.characters(min_codepoint=32, max_codepoint=255)
TEXT = st.one_of(
    st.sampled_from(ODD), st.text(st.characters(), max_size=60), st.text(max_size=300)
)


def nearly(fine: str) -> st.SearchStrategy[str]:
    return st.sampled_from([fine] * 60 + ["", "0", fine * 2])


def _honest(door: Door) -> st.SearchStrategy[Pairs]:
    """What a browser sends, with a few fields added, left out or doubled."""
    typed = FINE | dict(zip(door.custom[2:], OF_TYPES, strict=True))
    address = (
        st.sampled_from(EMAILS[:4])
        | st.sampled_from(EMAILS[:4])
        | st.sampled_from(EMAILS)
        | st.emails()
    )
    fine = st.fixed_dictionaries(
        {
            "form_token": st.just(TOKEN),
            "email_address": address,
            "consent": st.just("y"),
            "lists": st.sampled_from(door.lists),
            "birthday_month": nearly("2"),
            "birthday_day": nearly("29"),
        },
        optional={
            name: st.text(max_size=25) for name in (*list(MAX)[:5], *door.custom[:2])
        }
        | {name: nearly(fine) for name, fine in typed.items()},
    )
    more = st.just([]) | st.lists(
        st.tuples(_names(door), TEXT | st.sampled_from(door.lists)), max_size=3
    )
    gone = st.sampled_from([None] * 6 + list(range(6)))
    return st.builds(
        lambda typed, extra, gone: [
            pair for at, pair in enumerate([*typed.items(), *extra]) if at != gone
        ],
        fine,
        more,
        gone,
    )


def _pairs(door: Door) -> st.SearchStrategy[Pairs]:
    some = st.lists(
        st.tuples(_names(door), TEXT | st.sampled_from([TOKEN, *EMAILS])), max_size=12
    )
    many = st.builds(
        lambda pair, count: [pair] * count,
        st.tuples(_names(door), st.text(max_size=3)),
        st.integers(900, 2500),
    )
    return st.one_of(some, some, some, many)


def _names(door: Door) -> st.SearchStrategy[str]:
    known = [
        "form_token",
        "email_address",
        "consent",
        "lists",
        "website",
        "sure",
        "use",
        *MAX,
        *PARTS_OF_GROUPS,
        *door.custom,
        "cf_",
        "csrf_token",
    ]
    return st.one_of(st.sampled_from(known), st.sampled_from(known), TEXT)


BOUNDARY = "-----b0"
CODES = [
    "proper",
    "proper",
    "proper",
    "proper",
    "parts",
    "parts",
    "rough",
    "cut",
    "cut parts",
    "files",
    "no boundary",
    "another boundary",
    "another charset",
    "json",
    "json as form",
    "noise",
    "odd type",
    "no type",
]


def _encoded(
    pairs: Pairs, code: str, share: int, noise: bytes, odd: str
) -> tuple[bytes, str | None]:
    """Body and content type: as browsers do it, not quite, cut off at so many percent,
    or nothing of the kind.
    """
    parts = f"{PARTS}; boundary={BOUNDARY}"
    match code:
        case "parts" | "files":
            return (
                _multipart(pairs, 'filename="a.txt"' if code == "files" else ""),
                parts,
            )
        case "rough":  # nothing is percent-encoded
            return (
                b"&".join(
                    f"{name}={value}".encode("utf-8", "surrogatepass")
                    for name, value in pairs
                ),
                FORM,
            )
        case "cut":
            return _cut(_urlencoded(pairs), share), FORM
        case "cut parts":
            return _cut(_multipart(pairs), share), parts
        case "no boundary" | "another boundary":
            return _multipart(pairs), (
                PARTS if code == "no boundary" else f"{PARTS}; boundary=another"
            )
        case "json" | "json as form":
            return json.dumps(dict(pairs)).encode(), (
                FORM if code == "json as form" else "application/json"
            )
        case "noise":
            return (
                noise,
                [FORM, parts, "", None, "text/plain", 'a/b; c="', ";"][share % 7],
            )
        case "another charset":
            return _urlencoded(pairs), f"{FORM}; charset={odd or 'utf-16'}"
    return _urlencoded(pairs), {"odd type": odd, "no type": None}.get(code, FORM)


def _cut(body: bytes, share: int) -> bytes:
    return body[: len(body) * share // 100]


def _urlencoded(pairs: Pairs) -> bytes:
    return "&".join(
        f"{_quoted(name)}={_quoted(value)}" for name, value in pairs
    ).encode()


def _quoted(text: str) -> str:
    return quote_plus(text.encode("utf-8", "surrogatepass"))


def _multipart(pairs: Pairs, more: str = "") -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}";'
        f" {more}\r\n\r\n{value}\r\n"
        for name, value in pairs
    ]
    return ("".join(parts) + f"--{BOUNDARY}--\r\n").encode("utf-8", "surrogatepass")


HEADERS = [
    "Accept-Language",
    "Referer",
    "User-Agent",
    "X-Forwarded-For",
    "Cookie",
    "Origin",
    "If-None-Match",
    "Range",
    "Accept",
    "Expect",
    "X-HTTP-Method-Override",
    "Content-Encoding",
    "Authorization",
    "X-Forwarded-Host",
]
LINE = st.text(LATIN, max_size=80) | st.sampled_from(
    [
        "de;q=nan,en;q=-1",
        "de-DE," * 500,
        "http://[::1",
        "http://x/" + "y" * 9000,
        "latchkey=x.y.z",
        "bytes=0-",
        "*",
        'W/"x"',
        "gzip",
        "Basic x",
        "Bearer x",
        "null",
        "::ffff:1.2.3.4",
        ",",
    ]
)


def often(times: int, **more: Any) -> settings:
    return settings(max_examples=times, **HOW, **more)
