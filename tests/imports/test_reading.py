"""Tables are read as people see them: encodings, delimiters, line ends, and every kind of
cell.
"""

import csv
import io
from datetime import date, datetime

import openpyxl
import pytest

from app.imports import tables
from app.imports.cells import Bad
from app.imports.errors import ImportRejected
from tests.imports.workbooks import (
    GOOD,
    HEADINGS,
    SHEET,
    cell,
    shared,
    sheet_of,
    with_part,
)


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
