"""Files that are damaged, huge or made to harm: refused in a sentence, and nothing of them
is left.
"""

import io
import random
import zipfile
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.database.session import db, write_transaction
from app.imports import actions, files, step, tables
from app.imports.errors import ImportRejected
from app.imports.models import ContactImport, ImportPiece
from tests.imports.acting import Importing
from tests.imports.workbooks import (
    GOOD,
    HEAD,
    HEADINGS,
    NAMESPACE,
    SHEET,
    bomb,
    book,
    cell,
    encrypted,
    flagged,
    hollow,
    shared,
    sheet_of,
    with_part,
    zipped,
)
from tests.world import ONE_DATABASE

AT_ONCE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "nothing": ("empty", lambda: b""),
    "blanks": ("empty", lambda: b"\xef\xbb\xbf \r\n\r\n"),
    "headings only": ("headings_only", lambda: HEAD.encode()),
    "headings only, workbook": ("headings_only", lambda: book(["Email"])),
    "an empty workbook": ("empty", lambda: book()),
    "no headings": ("no_headings", lambda: b"a@example.com,Ada\nb@example.com,Bob\n"),
    "headings twice": (
        "same_headings",
        lambda: b"Email,Name,name \na@example.com,1,2\n",
    ),
    "headings twice, workbook": (
        "same_headings",
        lambda: book(["Email", "Email"], ["a@example.com", "b"]),
    ),
    "600 columns": (
        "too_many_columns",
        lambda: ",".join(f"c{n}" for n in range(600)).encode() + b"\na",
    ),
    "a cell of 10 MB": (
        "cell_too_long",
        lambda: HEAD.encode() + b"a@example.com," + b"x" * 10_000_000 + b"\n",
    ),
    "a cell of 10 MB, workbook": (
        "cell_too_long",
        lambda: with_part(
            GOOD,
            SHEET,
            sheet_of(HEADINGS + b"<row>" + cell("A2", "x" * 10_000_000) + b"</row>"),
        ),
    ),
    "a cell of 10 MB, shared": (
        "cell_too_long",
        lambda: shared(
            b"<si><t>" + b"x" * 10_000_000 + b"</t></si>", sheet_of(HEADINGS)
        ),
    ),
    "a text that is not there": (
        "broken_workbook",
        lambda: shared(b"", sheet_of(HEADINGS + b'<row><c t="s"><v>7</v></c></row>')),
    ),
    "a row of 210,000 cells": (
        "zip_bomb",
        lambda: with_part(
            GOOD, SHEET, sheet_of(HEADINGS + b"<row>" + b"<c/>" * 210_000 + b"</row>")
        ),
    ),
    "210,000 rows that are none": (
        "zip_bomb",
        lambda: with_part(GOOD, SHEET, sheet_of(HEADINGS + b"<row r='1'/>" * 210_000)),
    ),
    "210,000 things in another part": (
        "zip_bomb",
        lambda: with_part(
            GOOD,
            "xl/styles.xml",
            b"<styleSheet " + NAMESPACE + b"<a/>" * 210_000 + b"</styleSheet>",
        ),
    ),
    "fifty sheets with nothing down to the last row": ("empty", hollow),
    "a tag of 10 MB": (
        "zip_bomb",
        lambda: with_part(GOOD, SHEET, b"<worksheet x='" + b"x" * 10_000_000 + b"'/>"),
    ),
    "a quotation mark never closed": (
        "quotes",
        lambda: b'Email,Name\na@example.com,"Ada\nb@example.com,Bob\n',
    ),
    "a quotation mark within": (
        "quotes",
        lambda: b'Email,Name\na@example.com,"Ada" Lovelace\n',
    ),
    "nothing in text": ("nul", lambda: b"Email,Name\na@example.com,A\0da\n"),
    "a picture": ("no_table", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "a web page called .xls": (
        "no_table",
        lambda: b"<html><table><tr><td>Email</td></tr></table>",
    ),
    "a vCard": ("no_table", lambda: b"BEGIN:VCARD\nVERSION:3.0\n"),
    "JSON": ("no_table", lambda: b'[{"email": "a@example.com"}]'),
    "a PDF": ("pdf", lambda: b"%PDF-1.7\n"),
    "an old workbook": (
        "old_excel",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096),
    ),
    "a workbook with a password": ("password", encrypted),
    "a zip with a password": ("password", flagged),
    "a zip of something else": ("no_table", lambda: zipped({"a.txt": b"x"})),
    "a binary workbook": (
        "binary_excel",
        lambda: zipped({"[Content_Types].xml": b"", "xl/workbook.bin": b""}),
    ),
    "half a workbook": ("broken_workbook", lambda: GOOD[: len(GOOD) // 2]),
    "a workbook without sheets": (
        "broken_workbook",
        lambda: zipped({"[Content_Types].xml": b"<a/>"}),
    ),
    "a workbook of torn XML": (
        "broken_workbook",
        lambda: with_part(GOOD, SHEET, b"<worksheet><sheetData><row>"),
    ),
    "entities that grow": (
        "broken_workbook",
        lambda: with_part(
            GOOD,
            SHEET,
            b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c'
            b' "&b;&b;&b;&b;">]><worksheet>&c;</worksheet>',
        ),
    ),
    "an entity from outside": (
        "broken_workbook",
        lambda: with_part(
            GOOD, SHEET, b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><worksheet/>'
        ),
    ),
    "a zip bomb": ("zip_bomb", bomb),
    "a cell far to the right": (
        "too_many_columns",
        lambda: with_part(
            GOOD,
            SHEET,
            sheet_of(HEADINGS + b"<row r='2'>" + cell("XFD2", "x") + b"</row>"),
        ),
    ),
    "a cell in row 99,999,999": (
        "broken_workbook",
        lambda: with_part(
            GOOD,
            SHEET,
            sheet_of(
                HEADINGS + b"<row r='99999999'>" + cell("A99999999", "x") + b"</row>"
            ),
        ),
    ),
    "bytes of no encoding": (
        "unknown_encoding",
        lambda: HEAD.encode() + bytes(range(0x80, 0x100)) * 3,
    ),
}


@ONE_DATABASE
@pytest.mark.parametrize(("reason", "file"), AT_ONCE.values(), ids=AT_ONCE)
def test_a_file_that_will_not_do_is_refused_in_a_sentence_and_is_not_kept(
    importing: Importing, reason: str, file: Callable[[], bytes]
) -> None:
    try:
        made = importing.upload(file())
    except ImportRejected as no:  # at a glance
        told, sentence, kept = no.reason, no.sentence, 0
    else:
        told, sentence, kept = made.reason, made.sentence, 1
        assert (made.state, made.due_at) == ("unreadable", None)

    assert told == reason
    assert "%(" not in sentence
    assert sentence.endswith((".", "?"))
    assert [
        db.session.scalar(select(func.count()).select_from(table))
        for table in (ContactImport, ImportPiece)
    ] == [kept, 0]


LATER: dict[str, tuple[str, str, int]] = {
    "a cell of 10 MB": ("cell_too_long", "a@example.com," + "x" * 10_000_000, 62),
    "a quotation mark never closed": ("quotes", 'a@example.com,"x', 62),
    "a byte that is no UTF-8": ("wrong_encoding", "a@example.com,\udce9t\udce9", 62),
    "nothing in text": ("nul", "a@example.com,\0", 62),
}


@ONE_DATABASE
@pytest.mark.parametrize(("reason", "line", "number"), LATER.values(), ids=LATER)
def test_what_is_wrong_further_down_is_told_with_its_line_and_nothing_is_half_done(
    importing: Importing, reason: str, line: str, number: int
) -> None:
    lines = (
        HEAD
        + "".join(f"p{n}@example.com,Ada\n" for n in range(60))
        + line
        + "\nlast@example.com,Bob\n"
    )
    data = lines.encode(errors="surrogateescape")
    made = importing.upload(HEAD + "a@b.co,é\n" if reason == "wrong_encoding" else data)
    # as when somebody chose another encoding than was made out
    if reason == "wrong_encoding":
        with write_transaction() as session:
            files.forget(session, made.id, files.FILE)
        files.write_down(made.id, io.BytesIO(data))
    actions.map_columns(
        made.id, ["email", ""], lists=importing.lists, dates="mdy", door="json"
    )
    step.step()
    made = importing.again(made)

    assert (made.state, made.reason, made.details["line"]) == (
        "uploaded",
        reason,
        number,
    )
    assert str(number) in made.sentence
    assert importing.parts(made) == []
    assert importing.problems(made) == []


DICE = random.Random(20)
PUT_IN = (
    b'<row r="2147483648">',
    b'<c t="d"><v>x</v></c>',
    b'<c s="9"><v>1e400</v></c>',
    b"<c><v>nan</v></c>",
    b"</row>",
    b'<c t="b"/>',
    b"_xD800_",
    b'<c s="2"><v>-1</v></c>',
    b"<f>",
    b"\0",
)


def damaged(file: bytes) -> bytes:
    """Some bytes changed, or of a workbook something put into one of its parts."""
    if file.startswith(b"PK") and DICE.random() < 0.8:
        with zipfile.ZipFile(io.BytesIO(file)) as book:
            name = DICE.choice(book.namelist())
            part = bytearray(book.read(name))
        at = DICE.randrange(len(part))
        part[at : at + DICE.randrange(4)] = DICE.choice(PUT_IN)
        return with_part(file, name, bytes(part))
    data = bytearray(file)
    for _ in range(DICE.randrange(1, 8)):
        data[DICE.randrange(len(data))] = DICE.randrange(256)
    return bytes(data)


def test_a_damaged_file_is_read_or_refused_and_nothing_else_happens() -> None:
    refused = 0
    for file in (
        GOOD,
        HEAD.encode() + b"a@example.com,Ada\n",
        f"{HEAD}a@b.co,Zoë\n".encode("utf-16"),
    ):
        for _ in range(150):
            data = io.BytesIO(damaged(file))
            try:
                list(tables.data_rows(data, tables.facts_of(data)))
            except ImportRejected:
                refused += 1

    assert 100 < refused < 400


@ONE_DATABASE
def test_a_file_that_is_too_big_is_refused(importing: Importing, app: Flask) -> None:
    with pytest.raises(ImportRejected) as no:
        importing.upload(b"Email\n" + b"a@example.com\n" * 3_600_000)

    assert no.value.sentence.startswith("This file is larger than 50 MB.")
