"""Forms: listed, made, changed, copied, deleted and brought back."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app.accounts import facts
from app.accounts.models import Account
from app.dashboard import blueprint, queries
from app.dashboard.forms.building import Building, contrast_of, fresh, reopened
from app.database.session import db
from app.forms import service
from app.forms.models import Form
from app.forms.starters import FIRST, STARTERS
from app.stats import counts
from app.web import access, headers

MAX_BODY = 400 * 1024
LONG = {
    f"dashboard.{name}"
    for name in ("new_form", "edit_form", "preview_form", "try_form")
}


@blueprint.url_value_preprocessor
def _long_forms(endpoint: str | None, _values: Any) -> None:
    """A form with many fields is long.

    Said here because it has to be before anybody reads what was posted.
    """
    if endpoint in LONG:
        request.max_content_length = MAX_BODY


@blueprint.get("/forms")
@access.viewer
def forms() -> str:
    text, deleted = request.args.get("q", ""), request.args.get("state") == "deleted"
    found, total, page = queries.forms(
        text, max(1, request.args.get("page", 1, type=int)), deleted
    )
    return render_template(
        "dashboard/forms/list.html",
        section="forms",
        forms=found,
        total=total,
        page=page,
        pages=max(1, -(-total // queries.PAGE)),
        q=text,
        deleted=deleted,
        any_deleted=deleted or queries.any_deleted_form(),
        gone=_just_deleted(),
        counts=counts.accepted_by_form([form.id for form in found]),
        accounts=queries.any_account(),
    )


@blueprint.route("/forms/new", methods=["GET", "POST"])
@access.admin
def new_form() -> Any:
    choice = facts.connected_accounts()
    account = _chosen_account(choice)
    if account is None:
        return render_template(
            "dashboard/forms/choose_account.html", section="forms", accounts=choice
        )
    starter = request.args.get("starter", FIRST)
    built = fresh(account, starter)
    if built.accepted:
        try:
            made = service.create(built.draft)
        except service.InvalidForm as bad:
            built.show(bad.problems)
        else:
            flash(_("The form is ready. Paste it wherever you like."), "success")
            return redirect(url_for("dashboard.share_form", form_id=made), 303)
    return _build_page(built, starter=starter)


@blueprint.route("/forms/<form_id>", methods=["GET", "POST"])
@access.admin
def edit_form(form_id: str) -> Any:
    found = (
        db.session.get(Form, form_id)
        if request.method == "POST"
        else service.standing(form_id)
    )
    saved = found or abort(404)
    built = reopened(saved)
    if built.accepted:
        try:
            service.change(form_id, built.draft, built.form.seen.data or "")
        except service.InvalidForm as bad:
            built.show(bad.problems)
            # told once
            built.form.seen.data = "" if saved.deleted_at else service.version_of(saved)
        else:
            flash(_("Saved. Visitors see it from now on."), "success")
            return redirect(url_for("dashboard.edit_form", form_id=form_id), 303)
    return _build_page(built, saved)


@blueprint.post("/forms/<form_id>/duplicate")
@access.admin
def duplicate_form(form_id: str) -> Response:
    copy = service.duplicate(_saved(form_id).id)
    flash(
        _("This is the copy. It is a draft: nobody sees it until you open it."),
        "success",
    )
    return redirect(url_for("dashboard.edit_form", form_id=copy), 303)


@blueprint.post("/forms/<form_id>/delete")
@access.admin
def delete_form(form_id: str) -> Response:
    service.delete(_saved(form_id).id)
    return redirect(url_for("dashboard.forms", gone=form_id), 303)


@blueprint.post("/forms/<form_id>/restore")
@access.admin
def restore_form(form_id: str) -> Response:
    saved = db.session.get(Form, form_id) or abort(404)
    service.restore(form_id)
    flash(gettext("“%(name)s” is back, as it was.", name=saved.name), "success")
    return redirect(url_for("dashboard.edit_form", form_id=form_id), 303)


def _saved(form_id: str) -> Form:
    return service.standing(form_id) or abort(404)


def _just_deleted() -> Form | None:
    found = db.session.get(Form, request.args.get("gone", ""))
    return found if found and found.deleted_at else None


def _chosen_account(choice: list[Account]) -> Account | None:
    wanted = request.values.get("account")
    if len(choice) == 1 and not wanted:
        return choice[0]
    return next((account for account in choice if account.id == wanted), None)


def _build_page(
    built: Building, saved: Form | None = None, starter: str = ""
) -> tuple[str, int]:
    headers.allow_frames()
    page = render_template(
        "dashboard/forms/build.html",
        section="forms",
        built=built,
        form=built.form,
        account=built.account,
        saved=saved,
        starters=STARTERS if request.method == "GET" and not saved else {},
        starter=starter,
        contrast=contrast_of(built.form.accent.data or ""),
        drift=queries.drift_of(saved) if saved else None,
    )
    return page, 422 if built.wrong else 200
