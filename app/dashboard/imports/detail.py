"""One import: where it is, what came of it, and the buttons that steer it."""

from collections.abc import Callable, Iterator

from flask import Flask, current_app, flash, redirect, render_template, request, url_for
from flask import Response as Streamed
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from app.core import csv_safe
from app.dashboard import blueprint
from app.dashboard.imports import columns
from app.dashboard.imports.columns import known
from app.imports import actions, queries
from app.imports.errors import ImportRejected
from app.imports.models import AT_WORK, ContactImport, ImportState
from app.messages import imports as said
from app.web import access

PIECE = 64 * 1024  # characters that are sent at once
FEW = 5  # problems on the page; all of them are in the file


@blueprint.get("/imports/<import_id>")
@access.viewer
def contact_import(import_id: str) -> str:
    found = known(import_id)
    choosing = found.state == ImportState.UPLOADED or (
        found.state == ImportState.CHECKED and "columns" in request.args
    )
    if choosing and access.is_admin():
        return columns.page(found, columns.saved(found))
    names = {one.list_id: one.name for one in found.account.lists}
    targets = {one.name: one.label for one in queries.targets(found.account_id)}
    return render_template(
        "dashboard/imports/import.html",
        section="imports",
        imported=found,
        problems=list(queries.problems(found.id, FEW)),
        may_try_again=found.state == ImportState.FAILED
        and queries.may_try_again(found.id),
        lists=[names.get(id, id) for id in found.lists],
        becomes=[
            (heading, targets.get(name, name))
            for heading, name in zip(
                found.facts["columns"], found.columns, strict=False
            )
            if name
        ],
        **_how_far(found),
    )


@blueprint.get("/imports/<import_id>/progress")
@access.viewer
def import_progress(import_id: str) -> Response:
    """A part of the page, for a page that asks again and again; once the state is
    another, it has to be loaded anew.
    """
    found = known(import_id)
    answer = Response(
        render_template(
            "dashboard/imports/_progress.html", imported=found, **_how_far(found)
        ),
        mimetype="text/html",
    )
    if found.state != request.args.get("state"):
        answer.headers["HX-Refresh"] = "true"
    return answer


def _how_far(found: ContactImport) -> dict[str, object]:
    parts = queries.parts(found.id)
    return {
        "said": said,
        "parts": parts,
        "progress": queries.progress(found, parts),
        "at_work": found.state in AT_WORK,
    }


@blueprint.get("/imports/<import_id>/problems.csv")
@access.viewer
def import_problems(import_id: str) -> Response:
    found = known(import_id)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # a proxy has it
    return Streamed(
        _problems(app, str(get_locale()), found.id),
        mimetype="text/csv",
        headers={
            "Content-Disposition": (
                "attachment;"
                f' filename="import-problems-{found.created_at:%Y-%m-%d}.csv"'
            )
        },
    )


def _problems(app: Flask, language: str, import_id: str) -> Iterator[bytes]:
    kept = ""
    with app.app_context(), force_locale(language):  # the request's own are over by now
        for line in queries.problems_csv(import_id):
            kept += line
            if len(kept) > PIECE:
                yield csv_safe.encoded(kept)
                kept = ""
    yield csv_safe.encoded(kept)


@blueprint.post("/imports/<import_id>/begin")
@access.admin
def begin_import(import_id: str) -> Response:
    return _decide(import_id, lambda: actions.begin(import_id, current_user.email))


@blueprint.post("/imports/<import_id>/cancel")
@access.admin
def cancel_import(import_id: str) -> Response:
    return _decide(import_id, lambda: actions.cancel(import_id, current_user.email))


@blueprint.post("/imports/<import_id>/try-again")
@access.admin
def try_import_again(import_id: str) -> Response:
    return _decide(import_id, lambda: actions.try_again(import_id, current_user.email))


@blueprint.post("/imports/<import_id>/discard")
@access.admin
def discard_import(import_id: str) -> Response:
    """Nothing of it is left here; what Constant Contact took stays there."""
    answer = _decide(
        import_id, lambda: actions.discard(import_id), url_for("dashboard.imports")
    )
    if answer.location == url_for("dashboard.imports"):
        flash(_("The import is deleted, with all that was kept of it here."), "success")
    return answer


def _decide(import_id: str, act: Callable[[], None], then: str = "") -> Response:
    here = url_for("dashboard.contact_import", import_id=known(import_id).id)
    try:
        act()
    except LookupError:  # somebody else has just discarded it
        return redirect(url_for("dashboard.imports"), 303)
    except ImportRejected as no:
        flash(no.sentence, "error")
        return redirect(here, 303)
    return redirect(then or here, 303)
