"""`check(response)` holds an answer against the simulator's OpenAPI file; `CheckedSession` does so for each."""

import copy
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import yaml
from jsonschema import Draft202012Validator, FormatChecker

import app.simulator

SPEC_FILE = Path(app.simulator.__file__).with_name("openapi.yaml")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
formats = FormatChecker(formats=["uuid", "date"])
seen: set[tuple[str, int]] = set()
"""Every (operation, status) that was checked."""


@formats.checks("date-time")
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or bool(DATE_TIME.fullmatch(value))


class CheckedSession(requests.Session):
    """Checks every answer it gets, redirects included."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        response = super().request(*args, **kwargs)
        for each in [*response.history, response]:
            check(each)
        return response


def check(response: requests.Response) -> None:
    """AssertionError when a JSON answer is not what the OpenAPI file declares for its operation and status."""
    method = (response.request.method or "").lower()
    operation = _operation(method, urlsplit(response.request.url or "").path)
    if operation is None or "json" not in response.headers.get("Content-Type", ""):
        return
    name, status = operation["operationId"], response.status_code
    declared = _declared(operation, status)
    if declared is None:
        assert status >= 500, f"{name} does not declare {status}: {response.text}"
        return
    seen.add((name, status))
    problems = [f"{error.json_path}: {error.message}" for error in declared.iter_errors(response.json())]
    assert not problems, f"{name} {status}: {problems} in {response.text[:500]}"


def _operation(method: str, path: str) -> dict[str, Any] | None:
    for template, at_root, item in _paths():
        wanted = template if at_root else "/v3" + template
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(wanted)), path) and method in item:
            found: dict[str, Any] = item[method]
            return found
    return None


@cache
def _paths() -> list[tuple[str, bool, dict[str, Any]]]:
    """Literal paths before those with an id in them."""
    paths = [(path, "servers" in item, item) for path, item in _spec()["paths"].items()]
    return sorted(paths, key=lambda path: "{" in path[0])


def _declared(operation: dict[str, Any], status: int) -> Draft202012Validator | None:
    response = operation["responses"].get(str(status))
    if response is None:
        return None
    if "$ref" in response:
        response = _spec()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    whole = {**schema, "components": _spec()["components"]}
    return Draft202012Validator(whole, format_checker=formats)


@cache
def _spec() -> dict[str, Any]:
    """The file, made stricter: an answer may have no property that is not declared."""
    spec: dict[str, Any] = copy.deepcopy(yaml.safe_load(SPEC_FILE.read_text()))
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
