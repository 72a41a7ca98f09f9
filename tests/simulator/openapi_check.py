"""Every answer of a simulator is held against its OpenAPI file: `watch` it, and after
each test let it `complain`.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonschema import Draft202012Validator, FormatChecker

import app.simulator
from app.simulator.server import Running
from app.simulator.traffic import Traffic

SPEC_FILE = Path(app.simulator.__file__).with_name("openapi.yaml")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
LEFT_OUT_OF_TOKEN_INFO = {"404": "NotFound", "429": "TooManyRequests"}
"""What the contract says of this operation (2, 9.3) and the file does not."""
formats = FormatChecker(formats=["uuid", "date"])
seen: set[tuple[str, int]] = set()
"""Every (operation, status) that was checked."""
good: set[int] = set()
"""Hashes of the answers that were found good before, as the same ones come again and again."""


@formats.checks("date-time")
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or bool(DATE_TIME.fullmatch(value))


class Answer(NamedTuple):
    """What was answered to what."""

    method: str
    path: str
    status: int
    content_type: str
    body: bytes


class Watch:
    """WSGI middleware that keeps what is answered until somebody looks at it."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.answers: list[Answer] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        heads = []

        def noted(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
            heads.append((int(status[:3]), dict(headers).get("Content-Type", "")))
            return start_response(status, headers)

        chunks = self.app(environ, noted)
        body = b"".join(chunks)
        getattr(chunks, "close", lambda: None)()
        self.answers.append(
            Answer(environ["REQUEST_METHOD"], environ["PATH_INFO"], *heads[-1], body)
        )
        return [body]

    def complain(self) -> None:
        """AssertionError, a sentence for each answer since the last time that was not
        as declared.
        """
        answers, self.answers = self.answers, []
        problems = [
            f"{answer.method} {answer.path}: {found}"
            for answer in answers
            if (found := problem(answer))
        ]
        assert not problems, "The simulator breaks its OpenAPI file. " + "; ".join(
            problems
        )


def watch(running: Running) -> Watch:
    """Who watches this simulator.

    It stands behind the place where faults on order strike, and so sees none.
    """
    traffic = running.app.wsgi_app
    assert isinstance(traffic, Traffic)
    if not isinstance(traffic.app, Watch):
        traffic.app = Watch(traffic.app)
    return traffic.app


@contextmanager
def watching(running: Running) -> Iterator[None]:
    """Watch this simulator for a while, and complain at the end."""
    watcher = watch(running)
    try:
        yield
    finally:
        running.app.wsgi_app.app = watcher.app
    watcher.complain()


def problem(answer: Answer) -> str | None:
    """What is not as the OpenAPI file declares it for the operation and status; None
    when nothing is.
    """
    found = _operation(answer.method.lower(), answer.path)
    if found is None or hash(answer) in good:
        return None
    name, responses = found
    if str(answer.status) not in responses:
        return f"{name} does not declare {answer.status}: {answer.body[:500]!r}"
    problems = _problems(answer, name, _content(responses[str(answer.status)]))
    seen.add((name, answer.status))
    if problems:
        return f"{name} {answer.status} {problems} in {answer.body[:500]!r}"
    good.add(hash(answer))
    return None


def _problems(answer: Answer, name: str, content: dict[str, Any]) -> list[str]:
    if not content:
        return []
    if answer.content_type.partition(";")[0] not in content:
        return [f"{answer.content_type or 'nothing'} instead of {', '.join(content)}"]
    if "application/json" not in content:
        return []
    errors = _validator(name, answer.status).iter_errors(json.loads(answer.body))
    return [f"{error.json_path}: {error.message}" for error in errors]


def _operation(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    """The id and the declared responses."""
    for pattern, item in _patterns():
        if method in item and pattern.fullmatch(path):
            return item[method]["operationId"], item[method]["responses"]
    return None


@cache
def _patterns() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Literal paths before those with an id in them."""
    found = []
    for path, item in sorted(
        _spec()["paths"].items(), key=lambda entry: "{" in entry[0]
    ):
        whole = path if "servers" in item else "/v3" + path
        found.append(
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(whole))), item)
        )
    return found


def _content(response: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in response:
        response = _spec()["components"]["responses"][
            response["$ref"].rpartition("/")[2]
        ]
    content: dict[str, Any] = response.get("content", {})
    return content


@cache
def _validator(name: str, status: int) -> Draft202012Validator:
    operations = [
        operation
        for _, item in _patterns()
        for operation in item.values()
        if "responses" in operation
    ]
    operation = next(
        operation for operation in operations if operation["operationId"] == name
    )
    schema = _content(operation["responses"][str(status)])["application/json"]["schema"]
    return Draft202012Validator(
        {**schema, "components": _spec()["components"]}, format_checker=formats
    )


@cache
def _spec() -> dict[str, Any]:
    """The file, made stricter: an answer may have no property that is not declared."""
    spec: dict[str, Any] = yaml.load(SPEC_FILE.read_text(), Loader=yaml.CSafeLoader)
    for status, shape in LEFT_OUT_OF_TOKEN_INFO.items():
        responses = spec["paths"]["/token_info"]["post"]["responses"]
        responses.setdefault(status, {"$ref": f"#/components/responses/{shape}"})
    _close(spec["components"]["schemas"])
    return spec


def _close(node: Any) -> None:
    if isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node:
            node.setdefault("additionalProperties", False)
        for inner in node.values():
            _close(inner)
    elif isinstance(node, list):
        for inner in node:
            _close(inner)
