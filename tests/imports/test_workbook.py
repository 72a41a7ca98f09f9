"""How a workbook is read depends on how openpyxl is made inside."""

import io

import openpyxl

from app.imports.workbook import Workbook

ROWS = 3_000
CELLS = 40  # of each row: with their values more tags in sum than one row may have


def test_openpyxl_reads_through_the_guarded_zip_and_never_a_whole_sheet_at_once() -> (
    None
):
    made = openpyxl.Workbook(write_only=True)
    sheet = made.create_sheet("People")
    for number in range(ROWS):
        sheet.append([number] * CELLS)
    file = io.BytesIO()
    made.save(file)

    book = Workbook(file)

    assert openpyxl.__version__.startswith("3.1."), (
        "app/imports/workbook.py reads with openpyxl.reader.excel.ExcelReader as 3.1"
        " has it. Look whether another version still opens every part by its `archive`"
        " and every sheet in `read_worksheets`, then change this line."
    )
    # the size of the sheet was not looked for
    assert book._values.wb["People"].max_row is None
    assert len(list(book.rows("People"))) == ROWS
