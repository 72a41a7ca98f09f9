"""Every shell and macro on pages of sample data, to be looked at and tested. Not part
of the app.

To look by hand: `python -m flask --app tests/look/gallery.py run`.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from flask import Flask, render_template, request
from flask_babel import Babel
from flask_wtf import CSRFProtect, FlaskForm
from jinja2 import ChoiceLoader, FileSystemLoader
from markupsafe import Markup
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

# Also when run by hand, from anywhere.
sys.path.insert(0, str(Path(__file__).parents[2]))
from app import messages
from app.web import times

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"
)
NOW = datetime(2026, 5, 3, 14, 2, 11, tzinfo=UTC)
LONG = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
)
ARABIC = "مخبز الحيّ القديم للخبز والحلويات"
ERRORS = (400, 403, 404, 413, 429, 500, 503)
PAGES = [
    "overview",
    "overview-empty",
    "table",
    "account",
    "form",
    "form-errors",
    "parts",
    "connect",
    "connect-done",
    "sign-in",
    "visitor",
    "visitor-errors",
    "visitor-rtl",
    "visitor-embed",
    "visitor-thanks",
    *(f"error-{code}" for code in ERRORS),
]


def choices(**words: str) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in words.items()]


class SampleForm(FlaskForm):
    """One field of each kind."""

    name = StringField(
        "Name of the form",
        [InputRequired("Enter a name for the form"), Length(max=80)],
        description="Only you see this.",
    )
    email = EmailField(
        "Email address",
        [
            InputRequired("Enter an email address"),
            Email("Enter an email address like name@example.com"),
        ],
    )
    account = SelectField("Account", choices=choices(a="Miller’s Bakery", b=LONG))
    about = TextAreaField("What people read above the form")
    starts = DateField("Starts on")
    password = PasswordField("Password")
    lists = SelectMultipleField(
        "Lists",
        [InputRequired("Choose at least one list")],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        choices=choices(n="Newsletter", o="Offers", l=LONG),
    )
    when = RadioField(
        "How often", choices=choices(w="Every week", m="Every month"), default="w"
    )
    consent = BooleanField(
        "Yes, send me news by email. I can unsubscribe at any time.",
        [InputRequired("Tick the box to agree")],
    )


def create_gallery() -> Flask:
    app = Flask(
        __name__,
        static_folder=str(ROOT / "static"),
        template_folder=str(ROOT / "templates"),
    )
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(ROOT / "templates"), FileSystemLoader(HERE / "templates")]
    )
    app.config.update(SECRET_KEY="only to look at", WTF_CSRF_CHECK_DEFAULT=False)
    app.jinja_env.globals["messages"] = messages
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True  # as the app has it
    Babel(app)
    app.add_template_filter(lambda _moment: "UTC", "zone")
    app.add_template_filter(lambda moment: f"{moment:%b %-d}", "day_words")
    app.add_template_filter(
        lambda moment: f"{moment:%b %-d, %-I:%M %p}", "moment_words"
    )
    app.add_template_filter(times.exact, "exact_moment")
    CSRFProtect(app)
    app.context_processor(sample)
    app.add_url_rule("/<page>", view_func=show, endpoint="page")
    app.add_url_rule("/echo", view_func=echo, methods=["POST"])
    app.after_request(strict)
    return app


def show(page: str) -> str:
    if page.startswith("error-"):
        return render_template(
            f"errors/{page.removeprefix('error-')}.html", **trouble(page)
        )
    form = SampleForm(meta={"csrf": False})
    if page.endswith("-errors"):
        form.process(data={"email": "zoe@@example", "name": "", "lists": []})
        form.validate()
    template = "visitor" if page.startswith("visitor") else page.removesuffix("-errors")
    return render_template(
        f"{template}.html",
        form=form,
        rtl=page.endswith("-rtl"),
        embedded=page.endswith("-embed"),
        thanks=page.endswith("-thanks"),
    )


def echo() -> str:
    """What htmx sent, for the test of its CSRF header."""
    return "token came" if request.headers.get("X-CSRFToken") else "no token"


def trouble(page: str) -> dict[str, object]:
    words: dict[str, object] = {"request_id": "7f3a91c04be2"}
    if page == "error-429":
        words["retry_at"] = NOW
    if page == "error-503":
        words["kept"] = [
            ("Email address", "zoe+bakery@example.com"),
            ("First name", "Zoë O’Brien-Łukasiewicz"),
            ("City", LONG),
        ]
    return words


def strict(response):
    response.headers["Content-Security-Policy"] = POLICY
    return response


def sample() -> dict[str, object]:
    days = [
        {
            "label": f"{(NOW - timedelta(days=29 - n)):%-d %b}",
            "value": (n * 37 + n * n * 5) % 19 + n // 4,
        }
        for n in range(30)
    ]
    return {
        "now": NOW,
        "days": days,
        "values": [day["value"] for day in days],
        "long": LONG,
        "arabic": ARABIC,
        "Markup": Markup,
        "version": "0.1.0",
        "here": request.path,
        "current_user": SimpleNamespace(
            is_authenticated=True,
            has_role=lambda _name: True,
            email="admin@example.com",
        ),
        "parts": parts(3127, 18, 6, 12, 3, 41),
        "nothing": parts(0, 0, 0, 0, 0, 0),
        "accounts": accounts(days),
        "address": lambda number: f"?page={number}",
    }


def parts(*values: int) -> list[dict[str, object]]:
    keys = ("delivered", "waiting", "confirming", "held", "parked", "closed")
    return [
        {
            "key": key,
            "label": key.capitalize(),
            "value": value,
            "href": f"/table?state={key}",
        }
        for key, value in zip(keys, values, strict=True)
    ]


def accounts(days) -> list[dict[str, object]]:
    values = [day["value"] for day in days]
    rows = [
        ("Miller’s Bakery", "needs_owner", 37, values),
        ("Harbour Books", "retrying", 4, values[::-1]),
        (LONG, "ageing", 0, [v * 3 % 11 for v in values]),
        (ARABIC, "healthy", 0, values),
        ("Yoga am Fluss", "disconnected", 0, [0] * 30),
    ]
    return [
        {
            "name": name,
            "state": state,
            "waiting": waiting,
            "trend": trend,
            "week": sum(trend[-7:]),
            "seen": NOW - timedelta(hours=3 * n),
        }
        for n, (name, state, waiting, trend) in enumerate(rows)
    ]


app = create_gallery()
