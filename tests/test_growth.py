"""What a stranger wrote costs time in proportion to its length, whatever it is."""

import re
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest

from app.constant_contact import http, probe, redaction, retry_after
from app.constant_contact.client import Client
from app.constant_contact.errors import Nonsense
from app.core import contact_rules, csv_safe, logs
from app.imports import tables, text, values
from app.imports.errors import ImportRejected
from app.mail import message
from app.signups import host_page, validators
from tests import growth
from tests.house import files

# The last size only shows what is quadratic with so small a factor that 64 KB hide it.
UP_TO = pytest.mark.parametrize(
    "sizes",
    [
        pytest.param(growth.SIZES[:3], id="64 KB"),
        pytest.param(growth.SIZES, id="1 MB", marks=pytest.mark.long),
    ],
)
PATTERNS = growth.patterns()
WAYS = growth.ways_of_use(files())


def _use(name: str) -> growth.Run:
    return growth.use(PATTERNS[name], WAYS[name])


def test_every_pattern_is_a_constant_of_its_module() -> None:
    assert [use for file in files() for use in growth.hidden_patterns(file)] == []


@UP_TO
@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_no_pattern_costs_more_than_in_proportion_to_the_text(
    name: str, sizes: tuple[int, ...]
) -> None:
    pattern = PATTERNS[name]

    assert growth.grows_too_fast(_use(name), growth.attacks(pattern), sizes) == ""


@pytest.mark.parametrize(
    "pattern",
    [
        r"[^\r\n]*[\x80-\xff][^\r\n]*",
        "(?is)<(head|script|style)\\b.*?</\\1>",
        "<[^>]*>",
        r"[\w.+-]+@[\w-]+\.[\w.-]+",
        r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+",
    ],
)
def test_a_pattern_that_looks_again_from_every_character_is_found(pattern: str) -> None:
    compiled = re.compile(pattern)

    assert growth.grows_too_fast(growth.use(compiled, set()), growth.attacks(compiled))


def _looked_at(said: str) -> None:
    """As when a file is uploaded."""
    file = BytesIO(said.encode("cp1252"))
    with suppress(ImportRejected):
        tables.facts_of(file, encoding=text.encoding_of(file))


def _next_page(href: str) -> None:
    client: Any = SimpleNamespace(api_url="https://api.cc.email/v3")
    with suppress(Nonsense):
        Client._same_host(client, href)


MARKS = "\u0315\u0300"  # two that a normal form has to put in order
FUNCTIONS: dict[str, tuple[Callable[[str], Any], str]] = {
    "a cell": (values.clean, MARKS),
    "an answer": (validators.clean, MARKS),
    "several lines": (validators.clean_lines, MARKS),
    "blank lines": (validators.clean_lines, " \n"),
    "choices that are none": (
        lambda typed: contact_rules.split_choices(typed, ("a, b, c", "d")),
        "x, ",
    ),
    "choices that nearly are one": (
        lambda typed: contact_rules.split_choices(typed, ("a, b, c", "a")),
        "a, b, ",
    ),
    "a number": (lambda digits: values._number(digits, "mdy"), "9"),
    "a page around a form": (
        lambda name: host_page._parts(f"https://{name}/"),
        MARKS,
    ),
    "a next page": (
        lambda name: _next_page(f"https://{name}/v3/contacts?cursor=1"),
        MARKS,
    ),
    "tags that never end": (probe._words_of, "<"),
    "a part that never ends": (probe._words_of, "<script>"),
    "references": (probe._words_of, "&#9"),
    "a reference": (lambda digits: probe._words_of(f"&#{digits};"), "9"),
    "half a secret": (lambda said: redaction.without(said, "abc" * 20), "abc"),
    "a date": (retry_after._date, "1 "),
    "a date of commas": (retry_after._date, "Mon,"),
    "the provider's words": (http.plain, "\ud800\0"),
    "a cell of a download": (lambda cell: csv_safe.line([cell]), '"\n'),
    "a log event": (lambda said: logs.redact(None, "", {"said": said}), "a.b@"),
    "a name in a mail": (message.one_line, "\u202a =?"),
    "a line of foreign letters": (lambda said: _looked_at("é" + said), "a"),
    "lines of foreign letters": (_looked_at, "é\n"),
    "quotation marks": (lambda said: _looked_at("Email\n" + said), '"'),
    "commas": (lambda said: _looked_at("Email\n" + said), ","),
    "line breaks": (lambda said: _looked_at("Email\n" + said), "\r"),
}


@UP_TO
@pytest.mark.parametrize(("run", "pump"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_no_function_costs_more_than_in_proportion_to_the_text(
    run: Callable[[str], Any], pump: str, sizes: tuple[int, ...]
) -> None:
    attacks = [(pump, ""), (pump, "\t")]

    assert growth.grows_too_fast(run, attacks, sizes) == ""
