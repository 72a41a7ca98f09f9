"""Looking for secrets where none may be: what is secret, everything that was written or
said, and the search.
"""

import base64
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from flask import Flask
from sqlalchemy import select

from app.database.session import db
from app.simulator.server import Running
from tests import stranger

SHOWN = 20  # so many characters of a secret tell too much of it already
LINK = re.compile(r"/(?:connect|owner|first-admin)/([\w-]{40,})")


@dataclass(frozen=True)
class Secret:
    """`kind` says in words what it is."""

    kind: str
    text: str

    def forms(self) -> Iterator[tuple[str, bytes]]:
        """How it could look when somebody wrote it down: name and bytes."""
        start = self.text[:SHOWN]
        yield "in clear", start.encode()
        yield "percent-encoded", quote(start, safe="").encode()
        yield "escaped", escape(start).encode()
        yield "as JSON", json.dumps(start)[1:-1].encode()
        for shift in range(3):  # wherever in a longer text it stood
            whole = base64.b64encode(b"\0" * shift + start.encode())
            kept = whole[(0, 2, 3)[shift] : (shift + len(start)) * 8 // 6]
            yield "in base64", kept
            yield "in base64", kept.replace(b"+", b"-").replace(b"/", b"_")
        if self.text.count(".") == 2:  # a token whose parts say something each
            yield "its signature", self.text.rpartition(".")[2][:SHOWN].encode()


@dataclass(frozen=True)
class Place:
    """Something that was written or said.

    `knew` is what its reader knew before, having sent it.
    """

    name: str
    data: bytes
    knew: str = ""


@dataclass
class Wire:
    """All that goes over it: what the provider gave and got, and what our side said to
    browsers.
    """

    secrets: set[Secret] = field(default_factory=set)
    answers: list[Place] = field(default_factory=list)
    addresses: list[Place] = field(default_factory=list)

    # -- the provider's end: here secrets come into the world

    def at_provider(
        self, environ: dict[str, Any], answer: bytes, headers: list[tuple[str, str]]
    ) -> None:
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        if path.startswith("/_control"):
            return
        self.addresses.append(
            Place(
                f"the address {path} as the provider saw it", f"{path}?{query}".encode()
            )
        )
        if path.endswith("/authorize"):
            self._keep("state", parse_qs(query).get("state", [""])[0])
        self._keep(
            "code",
            parse_qs(urlsplit(dict(headers).get("Location", "")).query).get(
                "code", [""]
            )[0],
        )
        if path.endswith("/token"):
            self._of_token_call(environ["wsgi.input"].getvalue().decode(), answer)

    def _of_token_call(self, sent: str, answer: bytes) -> None:
        for name, values in parse_qs(sent).items():
            if name in ("code", "code_verifier", "refresh_token"):
                self._keep(name, values[0])
        try:
            given = json.loads(answer)
        except ValueError:
            return
        for name in ("access_token", "refresh_token"):
            if isinstance(given, dict):
                self._keep(name, str(given.get(name, "")))

    def _keep(self, kind: str, text: str) -> None:
        if len(text) >= SHOWN and not text.startswith("latchkey-checks"):
            self.secrets.add(Secret(kind, text))

    # -- our end

    def at_ours(
        self,
        environ: dict[str, Any],
        status: str,
        headers: list[tuple[str, str]],
        body: bytes,
    ) -> None:
        address = f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
        said = "\n".join([status, *(f"{name}: {value}" for name, value in headers)])
        whole = said.encode() + b"\n\n" + body + b"\n" + _opened_cookies(headers)
        where = LINK.sub("/…", environ["PATH_INFO"])
        self.answers.append(
            Place(
                f"our answer {status[:3]} to {environ['REQUEST_METHOD']} {where}",
                whole,
                f"{address} {environ.get('HTTP_COOKIE', '')}",
            )
        )

    def links(self) -> set[Secret]:
        """Every link token that was ever asked for or shown."""
        seen = [place.knew for place in self.answers] + [
            place.data.decode("utf-8", "replace") for place in self.answers
        ]
        return {Secret("link", token) for text in seen for token in LINK.findall(text)}


def _opened_cookies(headers: list[tuple[str, str]]) -> bytes:
    """What our session cookies say: signed, but readable to whoever has them."""
    said = b""
    for name, value in headers:
        found = (
            re.match(r"latchkey=(\.?)([\w-]+)\.", value)
            if name == "Set-Cookie"
            else None
        )
        if found:
            raw = base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4))
            said += zlib.decompress(raw) if found[1] else raw
    return said


@contextmanager
def listening(app: Flask, simulator: Running) -> Iterator[Wire]:
    """Everything between us, browsers and the provider from now on."""
    wire = Wire()
    ours, theirs = app.wsgi_app, simulator.app.wsgi_app

    def ear(inner: Any, hear: Any) -> Any:
        def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            heads: list[Any] = []
            chunks = inner(environ, lambda *head: heads.append(head))
            body = b"".join(chunks)
            getattr(chunks, "close", lambda: None)()
            hear(environ, *heads[-1][:2], body)
            start_response(*heads[-1])
            return [body]

        return application

    app.wsgi_app = ear(ours, wire.at_ours)  # type: ignore[method-assign]
    simulator.app.wsgi_app = ear(
        theirs,
        lambda environ, _status, headers, body: wire.at_provider(
            environ, body, headers
        ),
    )  # type: ignore[method-assign]
    try:
        yield wire
    finally:
        app.wsgi_app, simulator.app.wsgi_app = ours, theirs  # type: ignore[method-assign]


def database(folder: Path) -> Iterator[Place]:
    """Every file of SQLite as it lies there, and on both databases every row as text."""
    for path in folder.glob("latchkey.db*"):
        if path.is_file():
            yield Place(f"the file {path.name}", stranger.content(str(path)))
    db.session.rollback()
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(select(table)).mappings():
            yield Place(
                f"the table {table.name}",
                " ".join(str(value) for value in row.values()).encode(),
            )
    db.session.rollback()


def leaks(secrets: set[Secret], places: list[Place]) -> list[str]:
    """A sentence for each kind of secret and place; those whose reader knew it, or has
    to, are none.
    """
    everything = b"\n".join(place.data for place in places)
    looks = [
        (secret, form, text)
        for secret in secrets
        for form, text in secret.forms()
        if text in everything  # most stand nowhere, and places are many
    ]
    found: dict[tuple[str, str], str] = {}
    for place in places:
        for secret, form, text in looks:
            if text in place.data and not _is_meant(secret, place):
                found.setdefault((secret.kind, place.name), form)
    return sorted(f"{kind} {form} in {where}" for (kind, where), form in found.items())


def _is_meant(secret: Secret, place: Place) -> bool:
    if secret.kind == "link":
        shows_it_once = re.search(
            r" 200 to POST /accounts/(links|[\w-]+/(link|status-page))$", place.name
        )
        leads_there = re.search(
            r" 303 to POST /connect/done/[\w-]+/status-page$", place.name
        )
        return bool(
            secret.text in place.knew
            or shows_it_once
            or leads_there
            or place.name == "the owner’s mail"
        )
    if secret.kind == "state":  # it travels with the browser, by way of the provider
        return (
            place.name.endswith("/authorize as the provider saw it")
            or b"/authorize?" in place.data
        )
    return False
