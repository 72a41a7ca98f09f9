"""Files as they come, and files that mean ill: each is read, or refused in a sentence
that leaves nothing behind.
"""

import csv
import io
import random
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from app.database.session import db, write_transaction
from app.imports import actions, files, step, tables
from app.imports.cells import Bad
from app.imports.errors import ImportRejected
from app.imports.models import ContactImport, ImportPiece
from tests.imports.acting import Importing
from tests.world import ONE_DATABASE

HEAD = "Email,First name\n"
SHEET = "xl/worksheets/sheet1.xml"


def book(*rows: list[object], sheet: str = "People") -> bytes:
    made = openpyxl.Workbook()
    made.active.title = sheet
    for row in rows:
        made.active.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def with_part(made: bytes, name: str, content: bytes) -> bytes:
    """A workbook with one of its parts replaced."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(made)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        new.writestr(name, content)
    return file.getvalue()


NAMESPACE = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


def sheet_of(rows: bytes) -> bytes:
    return (
        b"<worksheet " + NAMESPACE + b"<sheetData>" + rows + b"</sheetData></worksheet>"
    )


SHARED = (
    b'<Override PartName="/xl/sharedStrings.xml"'
    b' ContentType="application/vnd.openxmlformats-officedocument.'
    b'spreadsheetml.sharedStrings+xml"/></Types>'
)


def shared(strings: bytes, sheet: bytes) -> bytes:
    """A workbook whose texts are shared, as Excel writes them."""
    with zipfile.ZipFile(io.BytesIO(GOOD)) as good:
        types = good.read("[Content_Types].xml").replace(b"</Types>", SHARED)
    made = with_part(with_part(GOOD, "[Content_Types].xml", types), SHEET, sheet)
    return with_part(
        made, "xl/sharedStrings.xml", b"<sst " + NAMESPACE + strings + b"</sst>"
    )


def cell(place: str, text: str) -> bytes:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'.encode()


GOOD = book(["Email", "First name"], ["a@example.com", "Ada"])
HEADINGS = b"<row r='1'>" + cell("A1", "Email") + cell("B1", "First name") + b"</row>"


def encrypted() -> bytes:
    """The beginning of a workbook with a password: an old kind of container with a
    stream of that name.
    """
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(4096)
        + "EncryptedPackage".encode("utf-16-le")
    )


def bomb() -> bytes:
    return with_part(
        GOOD, SHEET, sheet_of(HEADINGS + b"<row><c><v>1</v></c></row>" * 3_000_000)
    )


def hollow() -> bytes:
    """Small, but slow to whoever looks at a million empty rows of every sheet."""
    made = openpyxl.Workbook()
    for number in range(50):
        made.create_sheet(str(number))
    file = io.BytesIO()
    made.save(file)
    with zipfile.ZipFile(file) as book:
        empty = sheet_of(b"<row r='1048576'><c r='A1048576'/></row>")
        return _zip(
            {
                name: empty if "worksheets/" in name else book.read(name)
                for name in book.namelist()
            }
        )


def flagged() -> bytes:
    """A zip whose entries say that they are encrypted."""
    data = bytearray(GOOD)
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8 : at + 10] = struct.pack("<H", 1)
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


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
    "a zip of something else": ("no_table", lambda: _zip({"a.txt": b"x"})),
    "a binary workbook": (
        "binary_excel",
        lambda: _zip({"[Content_Types].xml": b"", "xl/workbook.bin": b""}),
    ),
    "half a workbook": ("broken_workbook", lambda: GOOD[: len(GOOD) // 2]),
    "a workbook without sheets": (
        "broken_workbook",
        lambda: _zip({"[Content_Types].xml": b"<a/>"}),
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


def _zip(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return file.getvalue()


@ONE_DATABASE
@pytest.mark.parametrize(("reason", "file"), AT_ONCE.values(), ids=AT_ONCE)
def test_a_file_that_will_not_do_is_refused_in_a_sentence_and_leaves_nothing(
    importing: Importing, reason: str, file: Callable[[], bytes]
) -> None:
    with pytest.raises(ImportRejected) as no:
        importing.upload(file())

    assert no.value.reason == reason
    assert "%(" not in no.value.sentence
    assert no.value.sentence.endswith((".", "?"))
    assert [
        db.session.scalar(select(func.count()).select_from(table))
        for table in (ContactImport, ImportPiece)
    ] == [0, 0]


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


def facts(data: bytes, **more: str) -> dict[str, object]:
    return tables.facts_of(io.BytesIO(data), **more)


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("cp1252", "cp1252"),
        ("latin-1", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encodings_are_made_out(encoding: str, told: str) -> None:
    found = facts("Email;Name\r\nz@example.com;Zoë Müller-Çelik\r\n".encode(encoding))

    assert found["encoding"] == told
    assert found["sample"] == [[2, "z@example.com", "Zoë Müller-Çelik"]]
    assert found["columns"] == ["Email", "Name"]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1251", "Екатерина Смирнова"),
        ("shift_jis", "山田太郎"),
        ("cp1252", "Zoë – £5 für „Müller“"),
    ],
)
def test_other_encodings_are_made_out_too(encoding: str, name: str) -> None:
    lines = "".join(f"z{n}@example.com;{name}\n" for n in range(20))

    assert facts(f"Email;Name\n{lines}".encode(encoding))["sample"][0] == [
        2,
        "z0@example.com",
        name,
    ]  # type: ignore[index]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_made_out_though_others_stand_in_cells(delimiter: str) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerows(
        [
            ["Email", "Name", "Says"],
            ["a@example.com", "O, P; and Q", "a|b"],
            ["b@example.com", "R,S", ""],
        ]
    )

    assert facts(file.getvalue().encode())["delimiter"] == delimiter


def test_one_column_is_a_table_too() -> None:
    assert facts(b"Email\na@example.com\n")["columns"] == ["Email"]


def test_line_ends_of_every_system_and_lines_within_cells() -> None:
    for end in ("\n", "\r\n", "\r"):
        data = end.join(
            [
                "Email,Notes",
                'a@example.com,"one' + end + 'two"',
                "b@example.com,x\u2028y",
                "",
            ]
        ).encode()
        assert facts(data)["sample"] == [
            [2, "a@example.com", f"one{end}two"],
            [4, "b@example.com", "x\u2028y"],
        ]


def test_every_kind_of_cell_of_a_workbook_becomes_what_a_person_sees() -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append(
        [
            "Email",
            "Zip",
            "Born",
            "At",
            "Price",
            "Yes",
            "Long",
            "Sum",
            "Bad",
            "Rich",
            "Phone",
        ]
    )
    sheet.append(
        [
            "a@example.com",
            2134,
            date(2001, 2, 3),
            datetime(2001, 2, 3, 4, 5),
            0.1 + 0.2,
            True,
            123456789012,
            "=1+1",
            "#N/A",
            " x_x000D_ ",
            15551234567.0,
        ]
    )
    sheet["B2"].number_format = "00000"
    sheet.append([None, None, None, None, 1e21])
    file = io.BytesIO()
    made.save(file)

    assert facts(file.getvalue())["sample"] == [
        [
            2,
            "a@example.com",
            "02134",
            "2001-02-03",
            "2001-02-03 04:05:00",
            "0.3",
            "true",
            "123456789012",
            "=…",
            "#N/A",
            " x\r ",
            "15551234567",
        ],
        [3, "", "", "", "", "1000000000000000000000"],
    ]


def test_shared_texts_are_joined_without_their_phonetic_reading() -> None:
    strings = (
        "<si><t>Email</t></si><si><r><t>a@ex</t></r><r><t>ample.com</t></r></si>"
        "<si><t>山田</t><rPh sb='0' eb='2'><t>ヤマダ</t></rPh></si>"
    ).encode()
    row = '<row r="{0}"><c t="s"><v>{1}</v></c><c t="s"><v>{2}</v></c></row>'
    made = shared(
        strings, sheet_of((row.format(1, 0, 2) + row.format(2, 1, 2)).encode())
    )

    assert facts(made)["sample"] == [[2, "a@example.com", "山田"]]


def test_the_value_that_was_saved_with_a_formula_counts() -> None:
    row = (
        b'<row r="2"><c r="A2"'
        b' t="str"><f>"a"&amp;"@example.com"</f><v>a@example.com</v></c><c'
        b' r="B2"><f>1+1</f><v>2</v></c></row>'
    )

    assert facts(with_part(GOOD, SHEET, sheet_of(HEADINGS + row)))["sample"] == [
        [2, "a@example.com", "2"]
    ]


def test_a_formula_that_gave_nothing_is_an_empty_cell() -> None:
    row = (
        b'<row r="2">'
        + cell("A2", "a@example.com")
        + b'<c r="B2" t="str"><f>IF(C2="","",C2)</f><v></v></c></row><row r="3">'
        + cell("A3", "b@example.com")
        + b'<c r="B3"><f>C3</f><v></v></c></row>'
    )

    data = io.BytesIO(with_part(GOOD, SHEET, sheet_of(HEADINGS + row)))
    found = [cells[1] for _line, cells in tables.data_rows(data, tables.facts_of(data))]
    assert found == ["", "=…"]
    assert [type(each) is Bad for each in found] == [False, True]


def test_another_sheet_can_be_chosen_and_the_first_with_rows_is_taken() -> None:
    made = openpyxl.Workbook()
    made.active.title = "Empty"
    for name in ("People", "Others"):
        made.create_sheet(name).append(["Email"])
        made[name].append([f"{name}@example.com"])
    made.create_sheet("Hidden").sheet_state = "hidden"
    file = io.BytesIO()
    made.save(file)

    first, other = facts(file.getvalue()), facts(file.getvalue(), sheet_name="Others")
    assert (first["sheet"], first["sheets"]) == (
        "People",
        ["Empty", "People", "Others"],
    )
    assert other["sample"] == [[2, "Others@example.com"]]
    with pytest.raises(ImportRejected, match="no_such_sheet"):
        facts(file.getvalue(), sheet_name="Hidden")


@ONE_DATABASE
def test_a_file_that_is_too_big_is_refused(importing: Importing, app: Flask) -> None:
    with pytest.raises(ImportRejected) as no:
        importing.upload(b"Email\n" + b"a@example.com\n" * 3_600_000)

    assert no.value.sentence.startswith("This file is bigger than 50 MB.")
