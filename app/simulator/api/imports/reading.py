"""What an import was sent, as JSON or as CSV.

What goes beyond the provider's sizes is dropped without a word.
"""

import csv
import io
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from json import JSONDecoder

from flask import request

from app.simulator.api.bodies import json_object
from app.simulator.api.complaints import Complaints
from app.simulator.api.imports.rows import BIRTHDAY, CSV_COLUMNS, JSON_COLUMNS, normal
from app.simulator.api.person_rules import check_ids, normal_ids
from app.simulator.api.references import unknown
from app.simulator.errors import invalid, not_found, unsupported
from app.simulator.models import Account, Resource

MAX_BYTES = 4_000_000
"""The smaller meaning of 4 MB."""
MAX_ROWS = 40_000
SMS_PERMISSIONS = ("explicit", "not_set")
IMPORT_DATA = re.compile(rb'"import_data"\s*:\s*\[')
ONE_OR_TWO_DIGITS = re.compile("[0-9]{1,2}")
BETWEEN = re.compile(r"[\s,]*")


@dataclass(frozen=True)
class Sent:
    """Rows with known columns only, and the lists that their people go to.

    `file_name` is None for JSON.
    """

    rows: list[Resource]
    list_ids: list[str]
    sms_permission: str
    file_name: str | None = None


def json_import(account: Account) -> Sent:
    """400 for whatever is wrong: this route declares neither 404 nor 415."""
    body, complaints = json_object(declares_415=False), Complaints()
    if not complaints.missing(body, "import_data") and body["import_data"] == []:
        complaints.append("import_data is empty")
    rows = complaints.items(body, "import_data", sys.maxsize)[
        : _rows_taken(request.get_data())
    ]
    list_ids, sms_permission = _common(complaints, body)
    if problem := unknown(account, {"list_memberships": list_ids}):
        raise invalid(problem)
    return Sent([normal(row, JSON_COLUMNS) for row in rows], list_ids, sms_permission)


def _rows_taken(body: bytes) -> int:
    return (
        MAX_ROWS
        if len(body) <= MAX_BYTES
        else min(MAX_ROWS, _rows_within(body[:MAX_BYTES]))
    )


def _common(complaints: Complaints, body: Resource) -> tuple[list[str], str]:
    """Lists and the permission for text messages; 400 when there are complaints."""
    if not complaints.missing(body, "list_ids") and body["list_ids"] == []:
        complaints.append("list_ids is empty")
    check_ids(complaints, body, "list_ids")
    complaints.word(body, "sms_permission_to_send", SMS_PERMISSIONS)
    if complaints:
        raise invalid(*complaints)
    return normal_ids(body["list_ids"]), str(
        body.get("sms_permission_to_send", "not_set")
    )


def _rows_within(beginning: bytes) -> int:
    """How many rows end within the beginning of a body."""
    opening, rows, at = IMPORT_DATA.search(beginning), 0, 0
    text = beginning[opening.end() :].decode(errors="replace") if opening else ""
    with suppress(ValueError):
        while separator := BETWEEN.match(text, at):
            _, at = JSONDecoder().raw_decode(text, separator.end())
            rows += 1
    return rows


def csv_import(account: Account) -> Sent:
    """Read a CSV import.

    415 unless it is multipart, 400 without a file that has a column to find people by,
    404 for unknown lists.
    """
    if request.mimetype != "multipart/form-data":
        raise unsupported(request.mimetype)
    form, complaints = dict(request.form.items()), Complaints()
    complaints.missing(dict(request.files), "file")
    together = form.pop("list_ids", None)
    body: Resource = (
        form
        if together is None
        else form | {"list_ids": [each for each in together.split(",") if each]}
    )
    list_ids, sms_permission = _common(complaints, body)
    rows = _csv_rows(request.files["file"].read())
    if problem := unknown(account, {"list_memberships": list_ids}):
        raise not_found(problem)
    return Sent(rows, list_ids, sms_permission, request.files["file"].filename or "")


def _csv_rows(data: bytes) -> list[Resource]:
    """Return at most 40,000 lines, the heading among them.

    Of a file that is too long the last line is not whole, so it is left out.
    """
    if len(data) > MAX_BYTES:
        data = data[:MAX_BYTES].rpartition(b"\n")[0]
    try:
        table = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        rows = list(islice(table, MAX_ROWS - 1))
    except (ValueError, csv.Error) as problem:
        raise invalid("file is invalid") from problem
    if not {"email", "sms_number"} & set(table.fieldnames or ()):
        raise invalid("file is missing a column email or sms_number")
    return [_with_numbers(normal(row, CSV_COLUMNS)) for row in rows]


def _with_numbers(row: Resource) -> Resource:
    """Text that is no number stays text, and is complained about later."""
    for name in BIRTHDAY:
        if name in row and ONE_OR_TWO_DIGITS.fullmatch(row[name]):
            row[name] = int(row[name])
    return row
