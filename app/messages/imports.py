"""What is said of an import.

Why a file cannot be read and a row cannot be sent, its states, why it waits, and how it
ended.
"""

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from app.messages.accounts_and_signups import REASONS as OF_ACCOUNTS

FILES: dict[str, LazyString] = {
    "empty": _("This file is empty."),
    "headings_only": _("This file has headings and nothing below them."),
    "no_headings": _(
        "The first row looks like a contact. Put headings above it, such as E-mail and"
        " First name, and upload the file again."
    ),
    "same_headings": _(
        "Two columns are called “%(heading)s”. Give each a name of its own, or delete"
        " one, and upload the file again."
    ),
    "too_many_columns": _(
        "This file has more than %(most)s columns. Leave out those that are not needed."
    ),
    "too_many_rows": _(
        "This file has more than %(most)s rows. Split it, and import the pieces one"
        " after the other."
    ),
    "too_big": _(
        "This file is bigger than %(most)s MB. Split it, or leave out columns that are"
        " not needed."
    ),
    "cell_too_long": _(
        "A cell in line %(line)s is longer than %(most)s characters. Mostly that is a"
        " quotation mark that is opened and never closed."
    ),
    "quotes": _(
        "A quotation mark in line %(line)s is not closed, or stands in the middle of a"
        " cell. Inside quotation marks a quotation mark is written twice."
    ),
    "nul": _(
        "Line %(line)s holds characters that no text has. Is the encoding right? Save"
        " the file as CSV UTF-8 and upload it again."
    ),
    "wrong_encoding": _(
        "Line %(line)s is not written in %(encoding)s. Choose another encoding, or save"
        " the file as CSV UTF-8 and upload it again."
    ),
    "unknown_encoding": _(
        "This file is in no encoding that could be made out. Save it as CSV UTF-8 and"
        " upload it again."
    ),
    "old_excel": _(
        "This is a workbook of the old kind (.xls). Open it, save it as .xlsx or as"
        " CSV, and upload that."
    ),
    "binary_excel": _(
        "This is a binary workbook (.xlsb). Open it, save it as .xlsx or as CSV, and"
        " upload that."
    ),
    "password": _(
        "This workbook is protected by a password. Save a copy without one, and upload"
        " that."
    ),
    "pdf": _(
        "This is a PDF. What is needed is a table: CSV, or an Excel workbook (.xlsx)."
    ),
    "no_table": _(
        "This is no table that can be read. What is needed is CSV, or an Excel workbook"
        " (.xlsx)."
    ),
    "zip_bomb": _(
        "This workbook unpacks to far more than a table of contacts needs, so it was"
        " not opened. Copy its cells to a new workbook, or save it as CSV."
    ),
    "too_costly": _(
        "Reading this file takes far more time or memory than a table of contacts"
        " needs, so Latchkey stopped. Copy its cells to a new workbook, or save it as"
        " CSV, and upload that."
    ),
    "broken_workbook": _(
        "This workbook is damaged, incomplete or of an unusual kind. Open it in a"
        " spreadsheet program, save it anew as “Excel Workbook (.xlsx)” or as CSV, and"
        " upload that."
    ),
    "no_such_sheet": _("There is no sheet “%(sheet)s” in this workbook."),
    "no_good_rows": _(
        "No row of this file can be imported. The list of problems says why."
    ),
}

MAPPING: dict[str, LazyString] = {
    "no_email_column": _("Say which column holds the e-mail address."),
    "target_twice": _("Two columns are to become “%(target)s”. Choose one of them."),
    "unknown_target": _(
        "A column is to become “%(target)s”, which this account does not have, or this"
        " way of importing cannot carry."
    ),
    "too_many_custom_fields": _(
        "At most 25 custom fields can be imported for a contact."
    ),
    "half_a_birthday": _("A birthday needs its month and its day."),
    "no_list": _("Choose at least one list."),
    "too_many_lists": _("Choose at most 50 lists."),
    "unknown_list": _("One of the lists is gone. Choose again."),
    "nothing_left": _(
        "The rows of those parts are not kept any more. Import the file again."
    ),
    "wrong_state": _("This import has gone on meanwhile. Have a look at where it is."),
    "disconnected": OF_ACCOUNTS["disconnected"],
}

ROWS: dict[str, LazyString] = {
    "email_missing": _("There is no e-mail address."),
    "email_invalid": _("This is no e-mail address that newsletters can reach."),
    "too_long": _("It is longer than %(most)s characters."),
    "not_a_date": _("This is no date that can be read, like 2026-05-31, or %(like)s."),
    "not_a_birthday": _("This is no day and month, like %(like)s."),
    "not_a_month": _("A month is a number from 1 to 12."),
    "not_a_day": _("A day is a number from 1 to 31, and one that its month has."),
    "half_a_birthday": _("A birthday needs its month and its day."),
    "not_a_number": _("This is no number."),
    "not_a_choice": _("This is none of the choices of that field."),
    "not_yes_or_no": _("This is neither yes nor no."),
    "too_many_phones": _("A contact can have 3 phone numbers."),
    "too_few_cells": _(
        "This row has %(cells)s cells, and there are %(columns)s headings."
    ),
    "too_many_cells": _(
        "This row has %(cells)s cells, and there are only %(columns)s headings."
    ),
    "formula_without_value": _(
        "This is a formula whose result was not saved. Open the workbook in a"
        " spreadsheet program, save it, and upload that."
    ),
    "cell_error": _("The spreadsheet itself says that this cell is an error."),
    "duplicate": _(
        "This address is already in line %(line)s. That row is imported, and this one"
        " is left out."
    ),
}

# Said alike of accounts and of imports.
SHARED = (
    "unreachable",
    "provider_down",
    "nonsense",
    "throttled",
    "quota_exceeded",
    "refreshing",
    "unauthorized",
    "forbidden",
    "privileges_missing",
    "grant_refused",
    "answer_lost",
    "unused",
    "client_refused",
    "other_key",
    "disconnected",
    "cannot_open",
    "conflict",
    "unexpected",
)
WAITING: dict[str, LazyString] = {
    **{name: OF_ACCOUNTS[name] for name in SHARED},
    "unanswered": _(
        "Constant Contact did not answer in time. Before these contacts are sent again,"
        " its list of jobs is read, to see whether they have arrived."
    ),
    "signups_first": _("Sign-ups go first. It goes on as soon as none is in line."),
    "kept_for_signups": _(
        "What is left of today’s calls is kept for sign-ups. It goes on at midnight"
        " UTC."
    ),
    "queue_full": _(
        "Constant Contact’s queue for this account is full. It goes on as soon as there"
        " is room."
    ),
    "other_import": _("Another import into this account goes first."),
}

ENDS: dict[str, LazyString] = {
    "invalid": _("Constant Contact refused this part: %(said)s"),
    "list_missing": _(
        "Constant Contact does not know a list or field of this import any more:"
        " %(said)s"
    ),
    "unsupported": _("Constant Contact refused the call itself: %(said)s"),
    "job_failed": _(
        "Constant Contact began this part and failed. What it had done until then stays"
        " done."
    ),
    "job_cancelled": _(
        "This part was cancelled at Constant Contact. What it had done until then stays"
        " done."
    ),
    "job_timed_out": _(
        "Constant Contact took too long with this part and gave up. What it had done"
        " until then stays done."
    ),
    "forgotten": _(
        "Constant Contact does not know the job of this part any more; it keeps them"
        " for ten days. It was accepted, but how it ended is not known."
    ),
    "kills_worker": _("The worker died several times over this, so it was set aside."),
    "waited_too_long": _(
        "It waited for a month because its account could not be served."
    ),
    "parts_failed": _("Some parts did not come through; each says why."),
}

SENTENCES: dict[str, LazyString] = {**ROWS, **FILES, **MAPPING, **WAITING, **ENDS}

STATES: dict[str, LazyString] = {
    "receiving": _("Uploading"),
    "reading": _("Being read"),
    "unreadable": _("Could not be read"),
    "uploaded": _("Columns to be chosen"),
    "checking": _("Checking"),
    "checked": _("Ready to import"),
    "sending": _("Sending"),
    "following": _("At Constant Contact"),
    "done": _("Done"),
    "failed": _("Not complete"),
    "cancelled": _("Cancelled"),
}
PART_STATES: dict[str, LazyString] = {
    "planned": _("Not sent yet"),
    "sending": _("Being sent"),
    "accepted": _("Accepted"),
    "done": _("Done"),
    "failed": _("Did not come through"),
    "dropped": _("Cancelled before it was sent"),
}
PROVIDER_STATES: dict[str, LazyString] = {
    "initialized": _("In the queue"),
    "processing": _("Being worked off"),
    "completed": _("Completed"),
    "cancelled": _("Cancelled"),
    "failed": _("Failed"),
    "timed_out": _("Timed out"),
}


PROBLEM_HEADINGS = (_("Line"), _("Column"), _("Value"), _("What is wrong"))
ENCODINGS: dict[str, LazyString] = {
    "utf-8": _("UTF-8"),
    "cp1252": _("Windows, Western (1252)"),
    "utf-16": _("UTF-16"),
    "utf-16-le": _("UTF-16, little-endian"),
    "utf-16-be": _("UTF-16, big-endian"),
    "iso8859-15": _("Latin 9 (ISO 8859-15)"),
    "mac_roman": _("Mac, Western"),
    "cp1250": _("Windows, Central European (1250)"),
    "cp1251": _("Windows, Cyrillic (1251)"),
    "cp1253": _("Windows, Greek (1253)"),
    "cp1254": _("Windows, Turkish (1254)"),
    "shift_jis": _("Japanese (Shift JIS)"),
    "gb18030": _("Chinese (GB 18030)"),
    "big5": _("Chinese, traditional (Big5)"),
    "euc_kr": _("Korean (EUC-KR)"),
}
DELIMITERS: dict[str, LazyString] = {
    ",": _("Comma ( , )"),
    ";": _("Semicolon ( ; )"),
    "\t": _("Tab"),
    "|": _("Bar ( | )"),
}


def sentence(reason: str, values: Mapping[str, Any]) -> str:
    """Return a reason's sentence with its values filled in.

    "" without a reason; the reason itself where it has no sentence.
    """
    if reason not in SENTENCES:
        return reason
    text = str(SENTENCES[reason])
    if "%(" not in text:
        return text
    try:
        return text % values
    except KeyError:  # an older version kept other values
        return text


def of_part(number: int) -> str:
    """Return where a line of the problems comes from that the provider told."""
    return str(gettext("Part %(number)s, Constant Contact", number=number))
