"""What Flask alone needs for the same work, served by the same server on the same kind
of database.

A page of the size of ours; a post checked by Flask-WTF (a signed token and the address
among it), two rows in one transaction written by Core, a redirect and a thanks page of
the size of ours. Nothing else.
"""

import os
import threading
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from flask import Flask, redirect, request
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Engine,
    ForeignKey,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
)
from werkzeug.wrappers import Response
from wtforms import BooleanField, EmailField, HiddenField, StringField
from wtforms.validators import Email, InputRequired, Length, ValidationError

from app.config.settings import Settings
from app.database.session import _begin_sqlite, engine_options
from app.database.sqlite_driver import set_up_connection, settle_journal

tables = MetaData()
signup = Table(
    "signup",
    tables,
    Column("id", String(36), primary_key=True),
    Column("email", String(80), index=True),
    Column("body", JSON),
    Column("created_at", DateTime(timezone=True)),
    Column("state", String(12)),
)
outbox = Table(
    "outbox",
    tables,
    Column("id", String(36), primary_key=True),
    Column("signup_id", ForeignKey("signup.id")),
    Column("due_at", DateTime(timezone=True), index=True),
)
signer = URLSafeTimedSerializer("yardstick")
SHELL = """<!doctype html><html lang="en"><head><title>{{ heading }}</title></head><body><h1>{{ heading }}</h1>
{%% if token %%}<form method="post"><input type="hidden" name="form_token" value="{{ token }}">
{%% for name in names %%}<label for="{{ name }}">{{ name }}</label><input id="{{ name }}" name="{{ name }}">
{%% endfor %%}<button>{{ button }}</button></form>{%% endif %%}<!-- %s --></body></html>"""


class SignUp(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    class Meta:
        csrf = False

    form_token = HiddenField()
    website = StringField()
    email_address = EmailField(validators=[Email(), Length(max=80)])
    first_name = StringField(validators=[Length(max=50)])
    last_name = StringField(validators=[Length(max=50)])
    consent = BooleanField(validators=[InputRequired()])

    def validate_form_token(self, field: HiddenField) -> None:
        try:
            signer.loads(field.data or "", max_age=86_400)
        except BadSignature:
            raise ValidationError("not ours") from None


def make() -> Flask:
    """The app; its database and the sizes of its pages in bytes come from the
    environment.
    """
    app = Flask("yardstick")
    app.config["SECRET_KEY"] = "yardstick"
    engine = _engine(os.environ["YARDSTICK_DATABASE"])
    tables.create_all(engine)
    sizes = {name: int(os.environ[f"YARDSTICK_{name}"]) for name in ("FORM", "THANKS")}
    form, thanks = (
        app.jinja_env.from_string(SHELL % ("x" * max(0, size - spent)))
        for size, spent in ((sizes["FORM"], 800), (sizes["THANKS"], 100))
    )
    turn = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.get("/form")
    def show() -> str:
        return form.render(
            heading="Bench",
            button="Go",
            token=signer.dumps(["form", uuid4().hex]),
            names=["website", "email_address", "first_name", "last_name", "consent"],
        )

    @app.post("/form")
    def submit() -> Response | tuple[str, int]:
        typed = SignUp()
        if not typed.validate():
            return (
                form.render(
                    heading="Bench", button="Go", token="x", names=list(request.form)
                ),
                422,
            )
        with turn:
            _store(engine, typed)
        return redirect("/thanks", 303)

    @app.get("/thanks")
    def thank() -> str:
        return thanks.render(heading="Thanks")

    return app


def _store(engine: Engine, typed: SignUp) -> None:
    id, now = str(uuid4()), datetime.now(UTC)
    body = {"first_name": typed.first_name.data, "last_name": typed.last_name.data}
    row: dict[str, Any] = {
        "id": id,
        "email": typed.email_address.data,
        "body": body,
        "created_at": now,
        "state": "waiting",
    }
    with (
        engine.connect().execution_options(latchkey_write=True) as connection,
        connection.begin(),
    ):
        connection.execute(insert(signup), row)
        connection.execute(
            insert(outbox), {"id": str(uuid4()), "signup_id": id, "due_at": now}
        )


def _engine(address: str) -> Engine:
    """The same pool, journal and durability as ours."""
    settings = Settings.model_construct(database_url=address)
    engine = create_engine(address, **engine_options(settings))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", set_up_connection)
        event.listen(engine, "begin", _begin_sqlite)
        settle_journal(engine)
    return engine
