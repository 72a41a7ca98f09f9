"""List imports of existing contacts, and take the upload of a file."""

from collections.abc import Callable
from typing import Any, BinaryIO, cast

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from flask_security import current_user
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from app.accounts import facts
from app.dashboard import blueprint
from app.imports import actions, queries, upload
from app.imports.errors import ImportRejected
from app.imports.models import ContactImport, ImportState
from app.messages import imports as import_words
from app.web import access
from app.web.errors import problem

BESIDE = 64 * 1024  # bytes of the form beside the file
# so many times the limit is read and thrown away: a browser shows the answer only to
# what it has sent whole
PATIENCE = 4
PIECE = 256 * 1024
UNKNOWN_YET = (ImportState.READING, ImportState.UNREADABLE, ImportState.UPLOADED)
GOING_ON = (ImportState.SENDING, ImportState.FOLLOWING)


@blueprint.get("/imports")
@access.viewer
def imports() -> str:
    """List imports, the newest first."""
    return _page({})


def _takes_a_file(view: Callable[[], Any]) -> Callable[[], Any]:
    view.most_bytes = lambda: upload.most_bytes() + BESIDE  # type: ignore[attr-defined]  # the gate reads it
    return view


@blueprint.post("/imports")
@access.admin
@_takes_a_file
def upload_import() -> Response | tuple[str, int]:
    """Keep a file, to be read by a worker, unless it obviously is no table."""
    file = request.files.get("file", FileStorage())
    replaces = request.form.get("replaces", "")
    account_id = request.form.get("account", "")
    if wrong := _missing(account_id, bool(file.filename)):
        return _page(wrong, account_id, replaces), 422
    try:
        import_id = upload.receive(
            cast(BinaryIO, file.stream),
            file.filename or "",
            account_id,
            current_user.email,
        )
    except ImportRejected as no:
        place = "account" if no.reason == "disconnected" else "file"
        return _page({place: no.sentence}, account_id, replaces), 422
    actions.discard_unreadable(replaces)
    return redirect(url_for("dashboard.contact_import", import_id=import_id), 303)


def _missing(account_id: str, has_file: bool) -> dict[str, str]:
    wrong = {}
    if not has_file:
        wrong["file"] = gettext("Choose a file.")
    if account_id not in [account.id for account in facts.connected_accounts()]:
        wrong["account"] = gettext("Choose the account these contacts belong to.")
    return wrong


@blueprint.errorhandler(RequestEntityTooLarge)
def too_big(_error: RequestEntityTooLarge) -> tuple[str, int]:
    """Say at its field that a file is too big, once it has been read.

    A server that answers before breaks the connection under its answer.
    """
    if request.endpoint != "dashboard.upload_import":
        return problem(413)
    left = min(request.content_length or 0, PATIENCE * upload.most_bytes())
    while left > 0 and (piece := request.environ["wsgi.input"].read(min(left, PIECE))):
        left -= len(piece)
    return _page({"file": _too_big()}), 413


def _too_big() -> str:
    megabytes = upload.most_bytes() // upload.MB
    return import_words.sentence("too_big", {"most": megabytes})


def _page(wrong: dict[str, str], account_id: str = "", replaces: str = "") -> str:
    all_imports = queries.imports()
    percent = {}
    for imported in all_imports:
        if imported.state in GOING_ON:
            percent[imported.id] = queries.progress(imported).percent
    return render_template(
        "dashboard/imports/list.html",
        section="imports",
        imports=[(imported, _contacts(imported)) for imported in all_imports],
        percent=percent,
        import_words=import_words,
        may_import=access.is_admin(),
        **upload_form(account_id, wrong, replaces),
    )


def upload_form(
    account_id: str, wrong: dict[str, str] | None = None, replaces: str = ""
) -> dict[str, Any]:
    """Return what the form for a file says.

    `replaces` is an import whose file could not be read, and that ends with this one.
    """
    return {
        "accounts": facts.connected_accounts(),
        "wrong": wrong or {},
        "max_bytes": upload.most_bytes(),
        "megabytes": upload.most_bytes() // upload.MB,
        "too_big": _too_big(),
        "chosen": account_id,
        "replaces": replaces,
    }


def _contacts(imported: ContactImport) -> int | None:
    """Return how many contacts it has, as far as that is known."""
    if imported.state in UNKNOWN_YET:
        return None
    if imported.state == ImportState.CHECKING:
        return imported.rows
    return imported.good
