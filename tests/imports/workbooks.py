"""Workbooks as spreadsheets write them, and as nobody should."""

import io
import struct
import zipfile

import openpyxl

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
        return zipped(
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


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return file.getvalue()


def number_format(code: str) -> bytes:
    """A workbook whose cells are all shown by this format."""
    with zipfile.ZipFile(io.BytesIO(GOOD)) as good:
        styles = good.read("xl/styles.xml").decode()
    own = f'<numFmts count="1"><numFmt numFmtId="200" formatCode="{code}"/></numFmts>'
    before, _formats, after = styles.partition("<numFmts")
    styles = before + own + "<fonts" + after.partition("<fonts")[2]
    before, _looks, after = styles.partition("<cellXfs")
    look = '<cellXfs count="1"><xf numFmtId="200" fontId="0" fillId="0" borderId="0"/>'
    styles = before + look + "</cellXfs>" + after.partition("</cellXfs>")[2]
    return with_part(GOOD, "xl/styles.xml", styles.encode())
