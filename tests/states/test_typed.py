"""Rows of what people type: every letter there is, addresses nobody can mail, and text
that wants to be more.
"""

import csv
import io
import random
import re
import unicodedata
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.database.session import db, write_transaction
from app.signups.models import Signup, SignupState
from app.worker import runner
from tests.browser.window import Spot, Window, open_browser
from tests.mail.acting import round_of
from tests.mail.sink import Sink
from tests.signups.reading import error_of, value_of
from tests.states.acting import Scene
from tests.world import ONE_DATABASE, World

NAMES = ("first_name", "last_name", "company_name", "job_title")
STANDARD = [
    {"key": key, "label": key.replace("_", " "), "required": False} for key in NAMES
]
LETTERS = [
    "a",
    "Z",
    "é",
    "e\u0301",
    "ß",
    "İ",
    "ﬁ",
    "Ł",
    "ж",
    "ש",
    "ل",
    "ا\u064b",
    "艾",
    "か\u3099",
    "한",
    "ᄒ\u1161\u11ab",
    "ก\u0e33",
    "न\u0940",
    "🌱",
    "👩\u200d🚀",
    "🏳️\u200d🌈",
    "🇩🇪",
    "👍🏽",
    "𝔘",
    "Å",
    "\u212b",
    "½",
    "’",
    '"',
    "<",
    "&",
    "%",
    "\\",
    "{{7*7}}",
    "${x}",
    "';--",
    "\u00a0",
    "\u3000",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\u2028",
    "\u00ad",
]
UNSEEN = [
    "\u202e",
    "\u202a",
    "\u2066",
    "\u2069",
    "\u200b",
    "\ufeff",
    "\0",
    "\x07",
    "\x1b",
    "\x7f",
    "\x85",
]


def corpus(many: int) -> list[str]:
    """So many lines of up to 24 letters of any kind, each with something in it that
    nobody sees.
    """
    dice = random.Random(49)
    return [
        "".join(
            [
                *dice.choices(LETTERS, k=dice.randint(1, 8)),
                dice.choice(UNSEEN),
                *dice.choices(LETTERS + UNSEEN, k=dice.randint(0, 5)),
            ]
        )
        for _ in range(many)
    ]


def test_row_49_any_letter_is_kept_and_what_is_unseen_is_left_out_the_same_in_both_databases(
    world: World, visitor: FlaskClient
) -> None:
    form, lines = world.form(world.account(), fields=STANDARD), corpus(200)
    answers = [
        world.press(
            visitor,
            form,
            email_address=f"zoe{n}@example.com",
            **dict(zip(NAMES, lines[n : n + 4], strict=True)),
        )
        for n in range(0, len(lines), 4)
    ]
    kept = {row.email: row.body for row in db.session.scalars(select(Signup))}
    pairs = [
        (lines[n + at], kept[f"zoe{n}@example.com"].get(name, ""))
        for n in range(0, len(lines), 4)
        for at, name in enumerate(NAMES)
    ]

    assert {answer.status_code for answer in answers} == {303}
    assert [
        text for _, text in pairs if not unicodedata.is_normalized("NFC", text)
    ] == []
    assert [text for _, text in pairs if set(text) & {*UNSEEN, "\n", "\t", "\r"}] == []
    assert [text for _, text in pairs if text != text.strip()] == []
    assert [
        (typed, text) for typed, text in pairs if seen_in(typed) != seen_in(text)
    ] == []


def seen_in(text: str) -> list[str]:
    """The letters of a line that anybody can see."""
    return [
        char
        for char in unicodedata.normalize("NFC", text)
        if char not in UNSEEN and not char.isspace()
    ]


@ONE_DATABASE
def test_row_49_none_of_the_unseen_passes_in_an_address(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    codes = {
        char: (
            world.press(
                visitor, form, email_address=f"zo{char}e@example.com"
            ).status_code
        )
        for char in [*UNSEEN, "\u0301", "🌱", "ж", "\u00ad", " "]
    }

    assert set(codes.values()) == {422}


@ONE_DATABASE
def test_row_50_an_address_the_provider_would_not_take_is_told_at_once_and_the_longest_it_takes_arrives(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    longest = "z" * 38 + "@example.com"
    for_us = {
        "total": "z" * 39 + "@example.com",
        "local": "z" * 65 + "@example.com",
        "whole": "z" * 64 + "@" + ".".join(["e" * 60] * 4) + ".com",
    }
    pages = {
        name: world.press(visitor, form, email_address=typed, first_name="Zoë").text
        for name, typed in for_us.items()
    }
    thanked = world.press(visitor, form, email_address=longest).status_code
    runner.drain()

    assert all(error_of(page, "email_address") for page in pages.values())
    assert "at most 50 characters" in pages["total"]
    assert {
        name: value_of(page, "email_address") for name, page in pages.items()
    } == for_us
    assert {value_of(page, "first_name") for page in pages.values()} == {"Zoë"}
    assert thanked == 303
    assert db.session.execute(select(Signup.email, Signup.state)).all() == [
        (longest, SignupState.DELIVERED)
    ]


@ONE_DATABASE
def test_row_51_look_alikes_are_refused_or_written_as_the_address_they_are(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    refused = [
        "zоe@example.com",
        "ｚｏｅ@example.com",
        "zoe＠example.com",
        "zoe@example。com\u200b",
    ]
    codes = [
        world.press(visitor, form, email_address=typed).status_code for typed in refused
    ]
    whole = [
        world.press(visitor, form, email_address=typed).status_code
        for typed in ("zoe@ｅｘａｍｐｌｅ.com", "zoe@пример.испытание", "zoe@例え.jp")
    ]
    kept = list(db.session.scalars(select(Signup.email).order_by(Signup.created_at)))

    assert codes == [422] * len(refused)
    assert set(whole) <= {303, 422}
    assert len(kept) == whole.count(303)
    assert all(address.isascii() for address in kept)


@ONE_DATABASE
def test_row_52_no_line_break_gets_into_an_address_or_a_mail(
    scene: Scene, sink: Sink, visitor: FlaskClient
) -> None:
    breaks = ["\r\n", "\n", "\r", "%0d%0a", "\u2028", "\x0b"]
    typed = [f"zoe@example.com{cut}Bcc: max@example.com" for cut in breaks]
    codes = [
        scene.world.press(visitor, scene.form, email_address=one).status_code
        for one in typed
    ]
    with write_transaction() as session:
        session.merge(
            scene.account
        ).name = "Maple\r\nBcc: max@example.com\r\n\r\n<h1>Rye</h1>"
    scene.world.control("revoke", account=scene.account.provider_id)
    scene.ended()
    round_of(scene.world)
    subjects = [str(one.message["Subject"]) for one in sink.taken]

    assert codes == [422] * len(breaks)
    assert len(sink.taken) == 2
    assert all("Bcc" not in one.message for one in sink.taken)
    assert {to for one in sink.taken for to in one.recipients} == {
        "ada@example.com",
        "nora@mapleandrye.example",
    }
    assert not [subject for subject in subjects if re.search(r"[\r\n]", subject)]
    assert all("Maple" in subject for subject in subjects)


BEGINNINGS = [
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\t",
    "\r",
    "\n",
    " =",
    "\u00a0=",
    "\u3000+",
    '"=',
    "'=",
    "”@",
    "\ufeff=",
    "\u200b-",
    "\x00=",
    "＝",
    "＋",
    "－",
    "＠",
    "﹦",
    "﹢",
    "Zoë;=",
    "Zoë; +",
    "Zoë\t=",
    "Zoë\n@",
    "Zoë\r\n=",
    "Zoë\r=",
    'Zoë";"=',
    "Zoë;;-",
]
FORMULA = "cmd|' /C calc'!A0"


@ONE_DATABASE
def test_row_53_no_cell_of_an_export_is_a_formula_however_a_spreadsheet_parts_the_cells(
    world: World, visitor: FlaskClient
) -> None:
    evil = [f"{begin}{FORMULA}" for begin in BEGINNINGS]
    form = world.form(
        world.account(),
        name=evil[0],
        fields=[
            {"key": "first_name", "label": evil[5], "required": False},
            *STANDARD[1:],
        ],
        consent=evil[10],
    )
    for n, text in enumerate(evil):
        world.signup(
            form,
            f"zoe{n}@example.com",
            host_page=text,
            body={
                "first_name": text,
                "phone_number": "+49 171 23",
                "list_memberships": [f"{text};{text}"],
                "custom_fields": [{"custom_field_id": text, "value": text}],
                text: text,
            },
        )
    file = world.signed_in().get("/signups.csv").data.decode("utf-8-sig")
    read = {
        mark: [
            cell
            for line in csv.reader(io.StringIO(file, newline=""), delimiter=mark)
            for cell in line
        ]
        for mark in ",;\t"
    }

    assert read[","].count("'+49 171 23") == len(evil)
    assert sum(FORMULA in cell for cell in read[","]) == 6 * len(evil)
    assert {
        mark: [cell for cell in cells if computes(cell)] for mark, cells in read.items()
    } == {",": [], ";": [], "\t": []}


def computes(cell: str) -> bool:
    """Whether some spreadsheet somewhere may take it for a formula: by what it begins
    with, after what is skipped.
    """
    letters = unicodedata.normalize("NFKC", cell).lstrip('\x00\t\r\n \u200b\ufeff"”`')
    return cell[:1] in ("\t", "\r", "\n") or (
        letters.lstrip("'")[:1] in ("=", "+", "-", "@") and cell[:1] != "'"
    )


WILD = (
    "<img src=x"
    " onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
)


@pytest.mark.browser
@ONE_DATABASE
def test_row_54_a_name_that_is_markup_is_only_ever_shown(
    world: World, make_app: Callable[..., Flask]
) -> None:
    spot = Spot()
    app = make_app(public_url=spot.url)
    with app.app_context(), spot.serve(app), open_browser() as browser:
        there = World(app, world.simulator)
        form = there.form(
            there.account(),
            name=f"News {WILD}",
            heading=WILD,
            fields=[
                {"key": "first_name", "label": "First name", "required": False},
                {"key": "last_name", "label": WILD[:80], "required": False},
            ],
        )
        row = there.signup(
            form,
            body={
                "first_name": WILD[:50],
                "last_name": "<b>Z</b>",
                "list_memberships": [form.lists[0]["list_id"]],
            },
            host_page=f"https://x/{WILD}",
        )
        cookie = there.signed_in().get_cookie("latchkey")
        assert cookie
        window = Window(browser)
        window.context.add_cookies(
            [{"name": "latchkey", "value": cookie.value, "url": spot.url}]
        )
        seen: dict[str, Any] = {}
        for path in (
            "/",
            "/signups",
            f"/signups/{row.id}",
            "/forms",
            f"/forms/{form.id}",
            f"/f/{form.id}",
        ):
            answer = window.page.goto(f"{spot.url}{path}")
            assert answer
            seen[path] = (
                answer.status,
                window.page.title() != "taken",
                window.page.locator("main img[src=x]").count(),
                "script-src 'self'" in answer.headers["content-security-policy"],
            )
        shown = window.page.goto(f"{spot.url}/signups/{row.id}")
        text, complaints = shown.text() if shown else "", window.complaints
        window.close()
    spot.close()

    assert seen == dict.fromkeys(seen, (200, True, 0, True))
    assert WILD[:50] in unescape(text)
    assert WILD[:50] not in text
    assert complaints == []
    assert db.session.scalar(select(func.count()).select_from(Signup)) == 1
