"""Text as it is searched: in lower case, without accents, the same on both databases."""

from typing import Any
from unicodedata import combining, normalize

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

FUNCTION = "latchkey_folded"  # what SQLite's connections call `folded`


def folded(text: str | None) -> str:
    """Return a text in lower case, without accents, with single spaces."""
    marked = normalize("NFKD", " ".join((text or "").lower().split()))
    return "".join(c for c in marked if not combining(c) and c.isprintable())


class folded_column(FunctionElement[str]):  # reads as a function in a statement
    """`folded` of a text, worked out by the database."""

    type = String()
    inherit_cache = True


@compiles(folded_column, "sqlite")
def _by_our_function(element: Any, compiler: Any, **options: Any) -> str:
    return f"{FUNCTION}({compiler.process(element.clauses, **options)})"


@compiles(folded_column, "postgresql")
def _by_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    # the accents that Unicode writes after their letter
    return f"regexp_replace(normalize(lower({text}), NFKD), '[\u0300-\u036f]', '', 'g')"


def contains_all(text: Any, words: list[str]) -> ColumnElement[bool]:
    """Match a folded text that has every one of these folded words in it."""
    matches: ColumnElement[bool] = text.contains(words[0], autoescape=True)
    for word in words[1:]:
        matches = matches & text.contains(word, autoescape=True)
    return matches
