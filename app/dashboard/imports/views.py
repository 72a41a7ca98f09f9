"""Imports of existing contacts: all of them, and the upload of a file.

Beside it: import_columns, import_one.
"""

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
from app.imports import queries, upload
from app.imports.errors import ImportRejected
from app.imports.models import ImportState
from app.messages import imports as said
from app.web import access
from app.web.errors import problem

BESIDE = 64 * 1024  # bytes of the form beside the file
# times as much as is taken is read and thrown away, so that a browser gets to hear why
PATIENCE = 4
PIECE = 256 * 1024
GOING_ON = (ImportState.SENDING, ImportState.FOLLOWING)


@blueprint.get("/imports")
@access.viewer
def imports() -> str:
    return _page({})


def _takes_a_file(view: Callable[[], Any]) -> Callable[[], Any]:
    view.most_bytes = lambda: upload.most_bytes() + BESIDE  # type: ignore[attr-defined]  # the gate reads it
    return view


@blueprint.post("/imports")
@access.admin
@_takes_a_file
def upload_import() -> Response | tuple[str, int]:
    """Keep the file until somebody has said what its columns are; one that cannot be
    read leaves nothing.
    """
    file, account_id = (
        request.files.get("file", FileStorage()),
        request.form.get("account", ""),
    )
    if wrong := _missing(account_id, bool(file.filename)):
        return _page(wrong, account_id), 422
    try:
        import_id = upload.receive(
            cast(BinaryIO, file.stream),
            file.filename or "",
            account_id,
            current_user.email,
        )
    except ImportRejected as no:
        return (
            _page(
                {"account" if no.reason == "disconnected" else "file": no.sentence},
                account_id,
            ),
            422,
        )
    return redirect(url_for("dashboard.contact_import", import_id=import_id), 303)


def _missing(account_id: str, has_file: bool) -> dict[str, str]:
    wrong = {} if has_file else {"file": gettext("Choose a file.")}
    if account_id not in {one.id for one in facts.connected_accounts()}:
        wrong["account"] = gettext("Choose the account that the contacts belong to.")
    return wrong


@blueprint.errorhandler(RequestEntityTooLarge)
def too_big(_error: RequestEntityTooLarge) -> tuple[str, int]:
    """In words at its field.

    A server that answers before it has read all breaks the connection under the answer.
    """
    if request.endpoint != "dashboard.upload_import":
        return problem(413)
    left = min(request.content_length or 0, PATIENCE * upload.most_bytes())
    while left > 0 and (piece := request.environ["wsgi.input"].read(min(left, PIECE))):
        left -= len(piece)
    return (
        _page(
            {
                "file": said.sentence(
                    "too_big", {"most": upload.most_bytes() // upload.MB}
                )
            }
        ),
        413,
    )


def _page(wrong: dict[str, str], account_id: str = "") -> str:
    accounts, found = facts.connected_accounts(), queries.imports()
    return render_template(
        "dashboard/imports/list.html",
        section="imports",
        imports=found,
        accounts=accounts,
        wrong=wrong,
        said=said,
        most=upload.most_bytes(),
        may_import=access.is_admin(),
        chosen=account_id,
        percent={
            one.id: queries.progress(one).percent
            for one in found
            if one.state in GOING_ON
        },
    )
