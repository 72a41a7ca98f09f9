"""What an import's columns become, with the first rows as they would be sent."""

from dataclasses import dataclass, field
from itertools import groupby

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app.accounts import facts
from app.dashboard import blueprint
from app.imports import actions, queries, upload
from app.imports.errors import ImportRejected
from app.imports.models import ContactImport
from app.messages import imports as said
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


@dataclass(frozen=True)
class Mapping:
    """A target for each column of the file ("" to leave it out), and how it is read and
    sent.
    """

    columns: list[str]
    lists: list[str] = field(default_factory=list)
    dates: str = "mdy"
    door: str = "json"


def known(import_id: str) -> ContactImport:
    try:
        return queries.one(import_id)
    except LookupError:
        abort(404)


def saved(found: ContactImport) -> Mapping:
    """As chosen before, or as the headings suggest."""
    return Mapping(
        found.columns or queries.guess(found), found.lists, found.dates, found.door
    )


def _typed(found: ContactImport) -> Mapping:
    columns = [
        request.form.get(f"column_{at}", "")
        for at in range(len(found.facts["columns"]))
    ]
    return Mapping(
        columns,
        request.form.getlist("lists"),
        request.form.get("dates", ""),
        request.form.get("door", ""),
    )


@blueprint.post("/imports/<import_id>/columns")
@access.admin
def map_import(import_id: str) -> Response | str | tuple[str, int]:
    """Have every row checked, or only show the first ones anew."""
    found = known(import_id)
    mapping = _typed(found)
    if request.form.get("do") == "preview":
        return page(found, mapping)
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
    """With another encoding, another sign between cells, or another sheet."""
    found = known(import_id)
    offered = {
        "encoding": dict(queries.ENCODINGS),
        "delimiter": dict(queries.DELIMITERS),
        "sheet": found.facts.get("sheets", []),
    }
    chosen = {name: request.form.get(name, "") for name in offered}
    try:
        upload.read_again(
            found.id,
            **{name: value for name, value in chosen.items() if value in offered[name]},
        )
    except ImportRejected as no:
        flash(no.sentence, "error")
    return redirect(
        url_for("dashboard.contact_import", import_id=import_id, columns=""), 303
    )


def page(
    found: ContactImport, mapping: Mapping, wrong: dict[str, str] | None = None
) -> str:
    """The mapping with its preview; `wrong` has a sentence by the id of the control
    that it is about.
    """
    targets = queries.targets(found.account_id, mapping.door)
    shown, why_not = _preview(found, mapping)
    return render_template(
        "dashboard/imports/columns.html",
        section="imports",
        imported=found,
        said=said,
        mapping=mapping,
        wrong=wrong or {},
        columns=_columns(found, mapping),
        shown=shown,
        why_not=why_not,
        groups=[
            (GROUPS[name], list(some))
            for name, some in groupby(targets, key=lambda one: one.group)
        ],
        labels={one.name: one.label for one in targets},
        dates=queries.DATES,
        encodings=queries.ENCODINGS,
        delimiters=queries.DELIMITERS,
        fields_unread=queries.fields_unread(found.account_id),
        lists=[(one.list_id, one.name) for one in facts.lists_of(found.account_id)],
    )


@dataclass(frozen=True)
class Column:
    """One column of the file: its heading, what stands in its first rows, and what it
    becomes.
    """

    heading: str
    examples: list[str]
    target: str


def _columns(found: ContactImport, mapping: Mapping) -> list[Column]:
    """A cell of the sample stands one behind its column, since each row begins with the
    number of its line.
    """
    rows = found.facts["sample"]
    return [
        Column(
            heading,
            [str(row[at + 1]) for row in rows if len(row) > at + 1 and row[at + 1]][
                :EXAMPLES
            ],
            target,
        )
        for at, (heading, target) in enumerate(
            zip(found.facts["columns"], mapping.columns, strict=True)
        )
    ]


def _preview(found: ContactImport, mapping: Mapping) -> tuple[list[queries.Shown], str]:
    try:
        return queries.preview(found, mapping.columns, mapping.dates, mapping.door), ""
    except ImportRejected as no:
        return [], no.sentence


def _places(mapping: Mapping, no: ImportRejected) -> dict[str, str]:
    """The control that a refusal is about: the lists, the second of two columns alike,
    or else the first column.
    """
    if no.reason in OF_LISTS:
        return {"lists": no.sentence}
    seen: set[str] = set()
    for at, name in enumerate(mapping.columns):
        alike = no.reason == "target_twice" and name and name in seen
        if alike or (no.reason == "unknown_target" and name == no.values.get("target")):
            return {f"column_{at}": no.sentence}
        seen.add(name)
    return {"column_0": no.sentence}
