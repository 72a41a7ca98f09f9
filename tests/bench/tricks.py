"""What each speed trick of the visitor's path is worth: a press and a look with it and
without it, in turns, by the CPU that they take.

A press is the post and the thanks page. Requests go straight into the app, so a share is
of our own work, without the server's; what is below 5 % of a press is not worth having.
"""

import gc
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import Context
from html import unescape
from io import BytesIO
from typing import Any
from unittest import mock
from urllib.parse import urlencode
from uuid import uuid4

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_wtf import FlaskForm
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app import create_app
from app.database.raw import storing
from app.database.session import write_transaction
from app.signups import (
    form_cache,
    form_token,
    intake,
    rate_limit,
    views,
    visitor_form,
)
from tests.bench.client import TOKEN
from tests.bench.place import DATABASES, place
from tests.bench.served import a_form_with_names
from tests.conftest import test_settings
from tests.world import SharedClock

BLOCKS, REQUESTS = 60, 10
Without = Callable[[Flask], AbstractContextManager[object]]


def main() -> None:
    print(
        "| database | trick | of | CPU, µs | without it | worth |\n|---|---|---|---|---|---|"
    )
    for kind in DATABASES:
        with place(kind) as here:
            a_form_with_names()
            settings = test_settings(
                here.database, here.world.simulator.url, here.folder, log_level="ERROR"
            )
            app = create_app(settings, SharedClock())
            visitor = Visitor(app)
            for _ in range(100):
                visitor.press()
                visitor.look()
            gc.collect()
            gc.freeze()
            for name, without in TRICKS.items():
                for what, act in (("press", visitor.press), ("look", visitor.look)):
                    _compare(f"| {kind} | {name} | {what} ", app, without, act)


def _compare(
    head: str, app: Flask, without: Without, act: Callable[[], object]
) -> None:
    taken: tuple[list[float], list[float]] = ([], [])
    for block in range(BLOCKS):
        for side in (0, 1) if block % 2 else (1, 0):
            with without(app) if side else nullcontext():
                began = time.process_time()
                for _ in range(REQUESTS):
                    Context().run(act)
                spent = time.process_time() - began
                taken[side].append(spent / REQUESTS * 1e6)
    mine, plain = map(statistics.median, taken)
    print(
        f"{head}| {mine:.0f} | {plain:.0f} | {(plain - mine) / mine:+.1%} |", flush=True
    )


class Visitor:
    """Somebody's browser, as the server hands it to the app."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        found = TOKEN.search(self.look().decode())
        assert found
        with app.app_context():
            first = form_token.opened(unescape(found[1]), "bench")
        assert first
        self._consent_id = first.consent_id

    def look(self) -> bytes:
        """The empty form."""
        status, _headers, body = self._ask("GET", "/f/bench")
        assert status.startswith("200"), status
        return body

    def press(self) -> None:
        """The post and the page that it leads to."""
        with self._app.app_context():  # a token is good for three people
            token = form_token.issue("bench", "", self._consent_id)
        typed = {
            "form_token": token,
            "website": "",
            "email_address": f"{uuid4().hex[:20]}@example.com",
            "first_name": "Zoe",
            "last_name": "Bee",
            "consent": "y",
        }
        status, headers, _body = self._ask("POST", "/f/bench", urlencode(typed))
        assert status.startswith("303"), status
        status, _headers, _body = self._ask("GET", headers["Location"])
        assert status.startswith("200"), status

    def _ask(
        self, method: str, path: str, typed: str = ""
    ) -> tuple[str, dict[str, str], bytes]:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8111",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": f"10.0.{random.randrange(20)}.{random.randrange(250)}",
            "HTTP_HOST": "127.0.0.1:8111",
            "HTTP_ACCEPT": "text/html",
            "HTTP_ACCEPT_LANGUAGE": "en-US,en;q=0.9",
            "CONTENT_TYPE": "application/x-www-form-urlencoded" if typed else "",
            "CONTENT_LENGTH": str(len(typed)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(typed.encode()),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        got: list[Any] = []
        answer = self._app.wsgi_app(environ, lambda *head: got.extend(head))
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        return got[0], dict(got[1]), body


# -- the same without a trick


def _patched(*changes: tuple[object, str, object]) -> Without:
    @contextmanager
    def without(_app: Flask) -> Iterator[None]:
        with mock.patch.multiple(
            changes[0][0], **{name: new for _target, name, new in changes}
        ):
            yield

    return without


@contextmanager
def _all_hooks(app: Flask) -> Iterator[None]:
    hooks = app.before_request_funcs[None]
    spared = list(hooks)
    for place_in_line, hook in enumerate(spared):
        if "_but_for_visitors" in hook.__qualname__:
            hooks[place_in_line] = hook.__closure__[0].cell_contents  # type: ignore[index]
    yield
    hooks[:] = spared


@contextmanager
def _sessions_for_all(app: Flask) -> Iterator[None]:
    ours = app.session_interface
    app.session_interface = SecureCookieSessionInterface()
    yield
    app.session_interface = ours


_library = MovingWindowRateLimiter(MemoryStorage())


@contextmanager
def _memory_of_the_library(app: Flask) -> Iterator[None]:
    with app.app_context():
        windows = rate_limit._windows()
    ours, windows.shared = windows.shared, _library
    yield
    windows.shared = ours


def _always_made(*kinds: str) -> Callable[[Any, Callable[[], Any]], Any]:
    def kept(key: Any, make: Callable[[], Any]) -> Any:
        return make() if key[0] in kinds else form_cache.kept(key, make)

    return kept


@contextmanager
def _storing_by_session() -> Iterator[Any]:
    with write_transaction() as session:
        yield session.connection()


def _store_in_a_transaction(values: dict[str, Any]) -> bool:
    """Two statements on PostgreSQL, as on SQLite."""
    with storing() as connection:
        signup = intake._insert_signup(intake.postgresql.insert)
        stored = intake._changed_one(connection, signup, values)
        if stored:
            add = intake._add_to_tally(intake.postgresql.insert)
            connection.execute(add, values)
    return stored


TRICKS: dict[str, Without] = {
    "nothing (to see the noise)": lambda _app: nullcontext(),
    "libraries' hooks left out for visitors": _all_hooks,
    "no session for visitors": _sessions_for_all,
    "limits' memory cleared at times": _memory_of_the_library,
    "a form kept for a second": _patched(
        (form_cache, "recent", lambda id: form_cache.read(id))
    ),
    "pages kept": _patched((views, "kept", _always_made("page", "thanks"))),
    "the form's class kept": _patched((visitor_form, "kept", _always_made("class"))),
    "WTForms' sentences looked up late": _patched(
        (
            visitor_form.VisitorForm.Meta,
            "get_translations",
            FlaskForm.Meta.get_translations,
        )
    ),
    "stored without a session": _patched((intake, "storing", _storing_by_session)),
    "stored by one statement (PostgreSQL)": _patched(
        (intake, "_store", _store_in_a_transaction)
    ),
}
