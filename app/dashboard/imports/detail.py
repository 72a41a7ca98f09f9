"""Show one import: where it is, what came of it, and the buttons that steer it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, flash, redirect, render_template, request, url_for
from flask import Response as Streamed
from flask_babel import force_locale, format_decimal, get_locale, ngettext
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from app.auth import users
from app.core import csv_safe
from app.core.logs import log
from app.dashboard import blueprint
from app.dashboard.imports import columns, views
from app.dashboard.imports.columns import known
from app.imports import actions, queries
from app.imports.errors import ImportRejected
from app.imports.models import AT_WORK, ContactImport, ImportState
from app.messages import imports as import_words
from app.web import access

PIECE = 64 * 1024  # characters that are sent at once
FEW = 5  # problems on the page; all of them are in the file


@dataclass(frozen=True)
class Notice:
    """What a page says first about its import."""

    kind: str
    text: str
    title: str = ""


@blueprint.get("/imports/<import_id>")
@access.viewer
def contact_import(import_id: str) -> str:
    """Show an import; an admin chooses what its columns become, while that is open."""
    imported = known(import_id)
    if access.is_admin() and _is_choosing(imported):
        return columns.page(imported, columns.saved(imported))
    may_try_again = imported.state == ImportState.FAILED and queries.may_try_again(
        import_id
    )
    list_names = {row.list_id: row.name for row in imported.account.lists}
    progress_shown = _progress_shown(imported)
    return render_template(
        "dashboard/imports/import.html",
        section="imports",
        imported=imported,
        notice_of_state=_notice(imported, progress_shown["progress"], may_try_again),
        problems=list(queries.problems(import_id, FEW)),
        may_try_again=may_try_again,
        **_upload_instead(imported),
        lists=[list_names.get(id, id) for id in imported.lists],
        becomes=_becomes(imported),
        may_decide=access.is_admin(),
        **progress_shown,
    )


def _is_choosing(imported: ContactImport) -> bool:
    if imported.state == ImportState.CHECKED:
        return "columns" in request.args
    return imported.state == ImportState.UPLOADED


def _upload_instead(imported: ContactImport) -> dict[str, Any]:
    """Offer another file in place of one that could not be read."""
    if imported.state != ImportState.UNREADABLE:
        return {}
    return views.upload_form(imported.account_id, replaces=imported.id)


def _becomes(imported: ContactImport) -> list[tuple[str, str]]:
    """List each heading with what its column becomes."""
    labels = {}
    for target in queries.targets(imported.account_id):
        labels[target.name] = target.label
    headings = imported.facts.get("columns", [])
    becomes = []
    for heading, name in zip(headings, imported.columns, strict=False):
        if name:
            becomes.append((heading, labels.get(name, name)))
    return becomes


def _notice(
    imported: ContactImport, progress: queries.Progress, may_try_again: bool
) -> Notice | None:
    deleted = _("The uploaded file was deleted.")
    match imported.state:
        case ImportState.UNREADABLE:
            text = f"{imported.sentence} {deleted}"
            return Notice("error", text, _("This file couldn’t be read"))
        case ImportState.UPLOADED:
            return Notice("info", _("An admin needs to choose what its columns are."))
        case ImportState.DONE:
            text = f"{_came_through(progress)} {deleted}"
            if progress.errors or progress.correctable or progress.missing:
                title = _("Import finished, but some contacts weren’t accepted")
                return Notice("warning", text, title)
            return Notice("success", text, _("Import finished"))
        case ImportState.FAILED:
            if may_try_again:
                deleted = _(
                    "The uploaded file was deleted. The contacts in the failed parts"
                    " are kept until you send them again or delete the import."
                )
            text = f"{imported.sentence} {deleted}"
            return Notice("error", text, _("Import finished with errors"))
        case ImportState.CANCELLED:
            text = _("Nothing was sent.")
            if imported.begun_at and progress.accepted:
                text = _(
                    "Constant Contact processed the jobs it had already accepted. The"
                    " numbers below include them."
                )
            title = _("This import was canceled")
            return Notice("info", f"{text} {deleted}", title)
    if imported.cancelled_at:
        text = _(
            "Constant Contact can’t stop a job it has accepted. This page follows those"
            " jobs until they end."
        )
        return Notice("info", text, _("Canceled: nothing more will be sent"))
    return None


def _came_through(progress: queries.Progress) -> str:
    text = _("Constant Contact doesn’t say how many contacts it accepted.")
    if progress.persons or not progress.missing:
        text = ngettext(
            "%(many)s contact was added or updated.",
            "%(many)s contacts were added or updated.",
            progress.persons,
            many=format_decimal(progress.persons),
        )
    if not progress.no_list:
        return str(text)
    skipped = ngettext(
        "%(many)s of them wasn’t added to the lists, because this person unsubscribed.",
        "%(many)s of them weren’t added to the lists, because these people"
        " unsubscribed.",
        progress.no_list,
        many=format_decimal(progress.no_list),
    )
    return f"{text} {skipped}"


@blueprint.get("/imports/<import_id>/progress")
@access.viewer
@access.poll
def import_progress(import_id: str) -> Response:
    """Render the progress for a page that asks again and again.

    Once the import is in another state, the whole page is loaded anew.
    """
    imported = known(import_id)
    page = render_template(
        "dashboard/imports/_progress.html",
        imported=imported,
        **_progress_shown(imported),
    )
    answer = Response(page, mimetype="text/html")
    if imported.state != request.args.get("state"):
        answer.headers["HX-Refresh"] = "true"
    return answer


def _progress_shown(imported: ContactImport) -> dict[str, Any]:
    parts = queries.parts(imported.id)
    return {
        "import_words": import_words,
        "parts": parts,
        "rows_in_all": sum(part.rows for part in parts),
        "progress": queries.progress(imported, parts),
        "at_work": imported.state in AT_WORK,
    }


@blueprint.get("/imports/<import_id>/problems.csv")
@access.viewer
def import_problems(import_id: str) -> Response:
    """Send the list of everything wrong in the file."""
    imported = known(import_id)
    log.info("import_problems_exported", id=import_id)
    name = f"import-problems-{imported.created_at:%Y-%m-%d}.csv"
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # a proxy has it
    return Streamed(
        _problems(app, str(get_locale()), imported.id, current_user.id),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _problems(app: Flask, language: str, import_id: str, who: str) -> Iterator[bytes]:
    text = ""
    with app.app_context(), force_locale(language):  # the request's own are over by now
        for line in queries.problems_csv(import_id):
            text += line
            if len(text) > PIECE:
                users.must_be_active(who)
                yield csv_safe.encoded(text)
                text = ""
    yield csv_safe.encoded(text)


@blueprint.post("/imports/<import_id>/begin")
@access.admin
def begin_import(import_id: str) -> Response:
    """Send what was checked."""
    return _decide(import_id, lambda: actions.begin(import_id, current_user.email))


@blueprint.post("/imports/<import_id>/cancel")
@access.admin
def cancel_import(import_id: str) -> Response:
    """Send nothing more."""
    return _decide(import_id, lambda: actions.cancel(import_id, current_user.email))


@blueprint.post("/imports/<import_id>/try-again")
@access.admin
def try_import_again(import_id: str) -> Response:
    """Send the parts once more that did not come through."""
    return _decide(import_id, lambda: actions.try_again(import_id, current_user.email))


@blueprint.post("/imports/<import_id>/discard")
@access.admin
def discard_import(import_id: str) -> Response:
    """Delete all that is kept of it here; what Constant Contact took stays there."""
    all_imports = url_for("dashboard.imports")
    answer = _decide(import_id, lambda: actions.discard(import_id), all_imports)
    if answer.location == all_imports:
        flash(_("The import and everything kept for it here were deleted."), "success")
    return answer


def _decide(import_id: str, act: Callable[[], None], then: str = "") -> Response:
    page = url_for("dashboard.contact_import", import_id=known(import_id).id)
    try:
        act()
    except LookupError:  # somebody else has just discarded it
        return redirect(url_for("dashboard.imports"), 303)
    except ImportRejected as no:
        flash(no.sentence, "error")
        return redirect(page, 303)
    return redirect(then or page, 303)
