"""Every sentence that people read is free of the words in `banned.py`.

Checked are the sentences that can be translated (Babel's own extraction from code and
templates), the texts of the command line, the simulator's board, and the documents.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

from tests.house import ROOT
from tests.messages.banned import BANNED

KEYWORDS = dict.fromkeys(("_", "gettext", "lazy_gettext", "pgettext", "npgettext"))
KEYWORDS |= {"ngettext": (1, 2), "lazy_ngettext": (1, 2)}
FORBIDDEN = re.compile(
    "|".join(rf"\b(?:{words})\b" for words in BANNED).replace(" ", r"\s+"),
    re.IGNORECASE,
)
# Public names that have such a word in them.
ALLOWED = re.compile(r"\bforget-sealed\b|\bstate=parked\b")
# What operators read in a terminal is not translated, so every text there counts.
UNTRANSLATED = (
    "app/cli/",
    "app/config/",
    "app/simulator/board/",
    "app/simulator/magic.py",
)
# Files whose sentences are not rewritten yet. Take away from it, never add to it.
NOT_YET: set[str] = {
    "app/dashboard/forms/protection.py",
    "app/dashboard/signups/export_columns.py",
    "templates/dashboard/forms/_going_on.html",
    "templates/dashboard/forms/share.html",
}


def _translated(path: Path) -> Iterator[str]:
    method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
    for _, message, _, _ in extract_from_file(method, path, keywords=KEYWORDS):
        yield from [message] if isinstance(message, str) else message


def _literals(path: Path) -> Iterator[str]:
    """Yield every text of a module; of docstrings only commands' are shown."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    hidden = {
        ast.get_docstring(node, clean=False)
        for node in nodes
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and not _is_command(node)
    }
    texts = {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and " " in node.value
    }
    yield from texts - hidden


def _is_command(node: ast.AST) -> bool:
    return any(
        ".command(" in ast.unparse(one) for one in getattr(node, "decorator_list", [])
    )


def _markup(path: Path) -> Iterator[str]:
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", path.read_text(), flags=re.DOTALL)
    yield from re.split(r"<(?:script|style)\b.*?</|<[^>]*>", text)


def _document(path: Path) -> Iterator[str]:
    """Yield the prose of a document: no code, no addresses of links."""
    text = path.read_text()
    if path.name == "CHANGELOG.md":
        text = "".join(re.split(r"(?m)^(?=## )", text)[:2])
    text = re.sub(r"```.*?```|(?m:^    [^\n]*$)|``.*?``|`[^`]*`", " ", text, flags=re.S)
    yield re.sub(r"\]\([^)]*\)", "]", text)


def _readers() -> Iterator[tuple[Path, list[str]]]:
    for path in sorted((ROOT / "app").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        texts = list(_translated(path))
        if name.startswith(UNTRANSLATED):
            texts += _literals(path)
        yield path, texts
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield path, list(_translated(path))
    for path in sorted((ROOT / "app/simulator").rglob("*.html")):
        yield path, list(_markup(path))
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md")]:
        yield path, list(_document(path))


def _without_names(text: str) -> str:
    return ALLOWED.sub(" ", text)


def _banned(texts: list[str]) -> list[str]:
    return [
        f"{match[0]!r} in: {text[max(0, match.start() - 40) : match.end() + 40]}"
        for text in map(_without_names, texts)
        for match in FORBIDDEN.finditer(text)
    ]


@pytest.fixture(scope="module")
def findings() -> dict[str, list[str]]:
    """Return what is banned in each file that has something banned."""
    all_of_them = {
        path.relative_to(ROOT).as_posix(): _banned(texts) for path, texts in _readers()
    }
    return {name: banned for name, banned in all_of_them.items() if banned}


def test_no_sentence_has_a_banned_word(findings: dict[str, list[str]]) -> None:
    bad = {name: found for name, found in findings.items() if name not in NOT_YET}
    lines = [f"{name}: {line}" for name, found in bad.items() for line in found]

    assert lines == [], "\n".join(lines)


def test_files_are_taken_off_the_list_once_they_are_rewritten(
    findings: dict[str, list[str]],
) -> None:
    assert set(findings) >= NOT_YET


@pytest.mark.parametrize("kind", ["py", "html", "md"])
def test_sentences_of_every_kind_of_file_are_read(kind: str) -> None:
    read = [path for path, texts in _readers() if texts and path.suffix == f".{kind}"]

    assert len(read) >= 10
