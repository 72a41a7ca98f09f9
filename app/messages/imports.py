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
    "headings_only": _("This file has column headings but no rows."),
    "no_headings": _(
        "The first row looks like a contact. Add a row of headings above it, such as"
        " Email and First name, and upload the file again."
    ),
    "same_headings": _(
        "Two columns are named “%(heading)s”. Rename or delete one, and upload the file"
        " again."
    ),
    "too_many_columns": _(
        "This file has more than %(most)s columns. Remove the ones you don’t need."
    ),
    "too_many_rows": _(
        "This file has more than %(most)s rows. Split it, and import one part after the"
        " other."
    ),
    "too_big": _(
        "This file is larger than %(most)s MB. Split it, or remove the columns you"
        " don’t need."
    ),
    "cell_too_long": _(
        "A cell in line %(line)s is longer than %(most)s characters. Usually this means"
        " a quotation mark is opened and never closed."
    ),
    "quotes": _(
        "A quotation mark in line %(line)s isn’t closed, or is in the middle of a cell."
        " To use a quotation mark inside quotation marks, type it twice."
    ),
    "nul": _(
        "Line %(line)s has characters that don’t belong in text. The encoding may be"
        " wrong. Save the file as CSV UTF-8 and upload it again."
    ),
    "wrong_encoding": _(
        "Line %(line)s isn’t valid %(encoding)s. Choose another encoding, or save the"
        " file as CSV UTF-8 and upload it again."
    ),
    "unknown_encoding": _(
        "We couldn’t detect this file’s encoding. Save it as CSV UTF-8 and upload it"
        " again."
    ),
    "old_excel": _(
        "This is an old Excel workbook (.xls). Open it, save it as .xlsx or CSV, and"
        " upload that."
    ),
    "binary_excel": _(
        "This is a binary workbook (.xlsb). Open it, save it as .xlsx or CSV, and"
        " upload that."
    ),
    "password": _(
        "This workbook has a password. Save a copy without one, and upload that."
    ),
    "pdf": _(
        "This is a PDF. Upload a table instead: CSV, or an Excel workbook (.xlsx)."
    ),
    "no_table": _(
        "We can’t read this file as a table. Upload CSV, or an Excel workbook (.xlsx)."
    ),
    "zip_bomb": _(
        "This workbook unpacks to far more data than a list of contacts needs, so"
        " Latchkey didn’t open it. Copy its cells to a new workbook or save it as CSV,"
        " and upload that."
    ),
    "too_costly": _(
        "Reading this file takes far more time or memory than a list of contacts needs,"
        " so Latchkey stopped. Copy its cells to a new workbook or save it as CSV, and"
        " upload that."
    ),
    "broken_workbook": _(
        "This workbook is damaged, incomplete, or has an unusual format. Open it in a"
        " spreadsheet program, save it again as “Excel Workbook (.xlsx)” or CSV, and"
        " upload that."
    ),
    "no_such_sheet": _("This workbook has no sheet named “%(sheet)s”."),
    "no_good_rows": _(
        "None of this file’s rows can be imported. See the list of problems."
    ),
}

MAPPING: dict[str, LazyString] = {
    "no_email_column": _("Choose the column with the email address."),
    "target_twice": _("Two columns are set to “%(target)s”. Choose one of them."),
    "unknown_target": _(
        "A column is set to “%(target)s”, which this account doesn’t have or this way"
        " of importing doesn’t support."
    ),
    "too_many_custom_fields": _(
        "You can import at most 25 custom fields for each contact."
    ),
    "half_a_birthday": _("A birthday needs both a month and a day."),
    "no_list": _("Choose at least one list."),
    "too_many_lists": _("Choose at most 50 lists."),
    "unknown_list": _("One of the lists no longer exists. Choose again."),
    "nothing_left": _(
        "Latchkey no longer has the rows of those parts. Import the file again."
    ),
    "wrong_state": _(
        "This import has moved on since you opened the page. Check where it is now."
    ),
    "disconnected": OF_ACCOUNTS["disconnected"],
}

ROWS: dict[str, LazyString] = {
    "email_missing": _("The email address is missing."),
    "email_invalid": _("This doesn’t look like an email address we can send to."),
    "too_long": _("This is longer than %(most)s characters."),
    "not_a_date": _(
        "This isn’t a date we can read. Use a format like 2026-05-31 or %(like)s."
    ),
    "not_a_birthday": _("This isn’t a day and month. Use a format like %(like)s."),
    "not_a_month": _("The month must be a number from 1 to 12."),
    "not_a_day": _("The day must be a number from 1 to 31 that exists in its month."),
    "half_a_birthday": _("A birthday needs both a month and a day."),
    "not_a_number": _("This isn’t a number."),
    "not_a_choice": _("This isn’t one of the field’s choices."),
    "not_yes_or_no": _("This is neither yes nor no."),
    "too_many_phones": _("A contact can have at most 3 phone numbers."),
    "too_few_cells": _(
        "This row has %(cells)s cells, but there are %(columns)s headings."
    ),
    "too_many_cells": _(
        "This row has %(cells)s cells, but there are only %(columns)s headings."
    ),
    "formula_without_value": _(
        "The result of this formula wasn’t saved. Open the workbook in a spreadsheet"
        " program, save it, and upload that."
    ),
    "cell_error": _("This cell shows an error in the spreadsheet."),
    "duplicate": _(
        "This address is also in line %(line)s. That row is imported, and this one is"
        " skipped."
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
        "Constant Contact didn’t answer in time. Latchkey will check whether these"
        " contacts arrived, then send them again if they didn’t."
    ),
    "signups_first": _(
        "Sign-ups go first. Latchkey will continue when none are waiting to be sent."
    ),
    "kept_for_signups": _(
        "The rest of today’s API calls is kept for sign-ups. Latchkey will continue at"
        " midnight UTC."
    ),
    "queue_full": _(
        "Constant Contact is busy with other jobs for this account. Latchkey will"
        " continue when there is room."
    ),
    "other_import": _("Another import into this account is running first."),
}

ENDS: dict[str, LazyString] = {
    "invalid": _("Constant Contact refused this part: %(said)s"),
    "list_missing": _(
        "A list or field of this import no longer exists at Constant Contact: %(said)s"
    ),
    "unsupported": _("Constant Contact refused the API call: %(said)s"),
    "job_failed": _(
        "Constant Contact started this part and then failed. Contacts it added before"
        " that stay."
    ),
    "job_cancelled": _(
        "This part was canceled at Constant Contact. Contacts added before that stay."
    ),
    "job_timed_out": _(
        "Constant Contact ran out of time for this part. Contacts it added before that"
        " stay."
    ),
    "forgotten": _(
        "Constant Contact accepted this part, but no longer knows how it ended. It"
        " keeps jobs for ten days."
    ),
    "kills_worker": _(
        "The worker crashed several times while sending this, so Latchkey stopped"
        " trying."
    ),
    "waited_too_long": _(
        "This import waited a month because its account couldn’t receive it."
    ),
    "parts_failed": _("Some parts failed. Each one shows why."),
}

SENTENCES: dict[str, LazyString] = {**ROWS, **FILES, **MAPPING, **WAITING, **ENDS}

STATES: dict[str, LazyString] = {
    "receiving": _("Uploading"),
    "reading": _("Reading"),
    "unreadable": _("Could not be read"),
    "uploaded": _("Choose columns"),
    "checking": _("Checking"),
    "checked": _("Ready to import"),
    "sending": _("Sending"),
    "following": _("At Constant Contact"),
    "done": _("Done"),
    "failed": _("Finished with errors"),
    "cancelled": _("Canceled"),
}
PART_STATES: dict[str, LazyString] = {
    "planned": _("Not sent yet"),
    "sending": _("Sending"),
    "accepted": _("Accepted"),
    "done": _("Done"),
    "failed": _("Failed"),
    "dropped": _("Canceled before it was sent"),
}
PROVIDER_STATES: dict[str, LazyString] = {
    "initialized": _("Queued"),
    "processing": _("Processing"),
    "completed": _("Completed"),
    "cancelled": _("Canceled"),
    "failed": _("Failed"),
    "timed_out": _("Timed out"),
}


PROBLEM_HEADINGS = (_("Line"), _("Column"), _("Value"), _("Problem"))
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
