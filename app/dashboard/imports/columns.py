"""Let an admin say what an import's columns become, beside its first rows."""

from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app.accounts import facts
from app.dashboard import blueprint
from app.imports import actions, queries
from app.imports.columns import Target
from app.imports.errors import ImportRejected
from app.imports.models import TO_BE_MAPPED, ContactImport
from app.messages import imports as import_words
from app.web import access

OF_LISTS = ("no_list", "too_many_lists", "unknown_list")
OF_THE_WHOLE = ("wrong_state", "disconnected")
EXAMPLES = 3
GROUPS = {
    "person": _("Person"),
    "phone": _("Phone"),
    "address": _("Address"),
    "custom": _("Custom fields"),
}
DATES = {
    "mdy": _("Month first: 12/31/2026"),
    "dmy": _("Day first: 31/12/2026"),
    "ymd": _("Year first: 2026/12/31"),
}
DOORS = (
    ("json", _("As data (JSON): supports every column")),
    ("csv", _("As a file (CSV): supports one phone number and one address")),
)


@dataclass(frozen=True)
class Mapping:
    """A target for each column of the file, or "", and how it is read and sent."""

    columns: list[str]
    lists: list[str] = field(default_factory=list)
    dates: str = "mdy"
    door: str = "json"


def known(import_id: str) -> ContactImport:
    """Find the import, or answer 404."""
    try:
        return queries.one(import_id)
    except LookupError:
        abort(404)


def saved(imported: ContactImport) -> Mapping:
    """Return the mapping as it was chosen, or as the headings suggest."""
    columns = imported.columns or queries.guess(imported)
    return Mapping(columns, imported.lists, imported.dates, imported.door)


def _typed(imported: ContactImport) -> Mapping:
    numbers = range(len(imported.facts["columns"]))
    return Mapping(
        [request.form.get(f"column_{number}", "") for number in numbers],
        request.form.getlist("lists"),
        request.form.get("dates", ""),
        request.form.get("door", ""),
    )


@blueprint.post("/imports/<import_id>/columns")
@access.admin
def map_import(import_id: str) -> Response | str | tuple[str, int]:
    """Have every row checked, or only show the first ones anew."""
    imported = known(import_id)
    if imported.state not in TO_BE_MAPPED:
        return _gone_on(import_id)
    mapping = _typed(imported)
    if request.form.get("do") == "preview":
        return page(imported, mapping)
    try:
        actions.map_columns(
            import_id,
            mapping.columns,
            lists=mapping.lists,
            dates=mapping.dates,
            door=mapping.door,
        )
    except ImportRejected as no:
        if no.reason not in OF_THE_WHOLE:
            return page(known(import_id), mapping, _places(mapping, no)), 422
        flash(no.sentence, "error")
    return redirect(url_for("dashboard.contact_import", import_id=import_id), 303)


@blueprint.post("/imports/<import_id>/read")
@access.admin
def read_import_again(import_id: str) -> Response:
    """Read the file with another encoding, sign between cells, or sheet."""
    imported = known(import_id)
    offered = {
        "encoding": dict(queries.ENCODINGS),
        "delimiter": dict(queries.DELIMITERS),
        "sheet": imported.facts.get("sheets", []),
    }
    chosen = {}
    for name, values in offered.items():
        value = request.form.get(name, "")
        if value in values:
            chosen[name] = value
    try:
        actions.read_again(imported.id, **chosen)
    except ImportRejected as no:
        flash(no.sentence, "error")
    return redirect(
        url_for("dashboard.contact_import", import_id=import_id, columns=""), 303
    )


def _gone_on(import_id: str) -> Response:
    flash(ImportRejected("wrong_state").sentence, "error")
    return redirect(url_for("dashboard.contact_import", import_id=import_id), 303)


def page(
    imported: ContactImport, mapping: Mapping, wrong: dict[str, str] | None = None
) -> str:
    """Render the mapping; `wrong` has sentences by the id of their control."""
    targets = queries.targets(imported.account_id, mapping.door)
    rows, why_not = _preview(imported, mapping)
    return render_template(
        "dashboard/imports/columns.html",
        section="imports",
        imported=imported,
        import_words=import_words,
        mapping=mapping,
        wrong=wrong or {},
        columns=_columns(imported, mapping),
        rows=rows,
        any_wrong=any(row.problems for row in rows),
        why_not=why_not,
        groups=[
            (GROUPS[name], list(group))
            for name, group in groupby(targets, key=attrgetter("group"))
        ],
        used=_used(mapping, targets),
        dates=[(order, DATES.get(order, order)) for order in queries.DATES],
        doors=DOORS,
        fields_unread=queries.fields_unread(imported.account_id),
        lists=[(row.list_id, row.name) for row in facts.lists_of(imported.account_id)],
        **_reading(imported),
    )


def _reading(imported: ContactImport) -> dict[str, object]:
    """Say how the file is read, and how else it could be."""
    file = imported.facts
    encoding, delimiter = file.get("encoding"), file.get("delimiter")
    sheets = file.get("sheets", [])
    return {
        "file": file,
        "encoding": dict(queries.ENCODINGS).get(encoding, encoding),
        "encodings": queries.ENCODINGS,
        "delimiter": dict(queries.DELIMITERS).get(delimiter, delimiter),
        "delimiters": queries.DELIMITERS,
        "sheets": list(zip(sheets, sheets, strict=True)),
    }


def _used(mapping: Mapping, targets: list[Target]) -> list[tuple[str, str]]:
    """List the targets that columns become, with their labels, for the first rows."""
    labels = {target.name: target.label for target in targets}
    return [(name, labels.get(name, name)) for name in mapping.columns if name]


@dataclass(frozen=True)
class Column:
    """One column of the file, with examples from its first rows and what it becomes."""

    heading: str
    examples: list[str]
    target: str


def _columns(imported: ContactImport, mapping: Mapping) -> list[Column]:
    headings = imported.facts["columns"]
    columns: list[Column] = []
    for heading, target in zip(headings, mapping.columns, strict=True):
        examples = _examples(imported, len(columns))
        columns.append(Column(heading, examples[:EXAMPLES], target))
    return columns


def _examples(imported: ContactImport, number: int) -> list[str]:
    examples = []
    for _line, *cells in imported.facts["sample"]:
        if len(cells) > number and cells[number]:
            examples.append(str(cells[number]))
    return examples


def _preview(
    imported: ContactImport, mapping: Mapping
) -> tuple[list[queries.Shown], str]:
    """Return the first rows as they would be sent, or else why they cannot be."""
    try:
        rows = queries.preview(imported, mapping.columns, mapping.dates, mapping.door)
    except ImportRejected as no:
        return [], no.sentence
    return rows, ""


def _places(mapping: Mapping, no: ImportRejected) -> dict[str, str]:
    """Return the control that a refusal is about, with its sentence.

    That are the lists, the second of two columns alike, or else the first column.
    """
    if no.reason in OF_LISTS:
        return {"lists": no.sentence}
    earlier: set[str] = set()
    for number, name in enumerate(mapping.columns):
        is_alike = no.reason == "target_twice" and name and name in earlier
        is_unknown = no.reason == "unknown_target" and name == no.values.get("target")
        if is_alike or is_unknown:
            return {f"column_{number}": no.sentence}
        earlier.add(name)
    return {"column_0": no.sentence}
