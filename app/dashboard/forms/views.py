"""List, make, change, copy, delete and bring back forms."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app.accounts import facts
from app.accounts.models import Account
from app.dashboard import blueprint, queries
from app.dashboard.forms.building import Building, fresh, reopened
from app.dashboard.forms.contrast import contrast_of
from app.database.session import db
from app.forms import service
from app.forms.looks import LOOKS
from app.forms.models import Form
from app.forms.starters import FIRST, STARTERS
from app.services import services
from app.stats import counts
from app.web import access, headers

MAX_BODY = 400 * 1024
LONG_FORMS = {
    "dashboard.new_form",
    "dashboard.edit_form",
    "dashboard.preview_form",
    "dashboard.try_form",
}


@blueprint.url_value_preprocessor
def _allow_long_forms(endpoint: str | None, _values: Any) -> None:
    """Raise the limit of what is posted, before anything reads it."""
    if endpoint in LONG_FORMS:
        request.max_content_length = MAX_BODY


@blueprint.app_template_global()
def form_state(form: Form) -> str:
    """Tell what a form does now: deleted, draft, paused, closed or open."""
    if form.deleted_at:
        return "deleted"
    if form.draft and not form.open:
        return "draft"
    if not form.open:
        return "paused"
    if form.closes_at and form.closes_at <= services().clock.now():
        return "closed"
    return "open"


@blueprint.get("/forms")
@access.viewer
def forms() -> str:
    """List forms by name, those in use or deleted ones."""
    text, deleted = request.args.get("q", ""), request.args.get("state") == "deleted"
    page_asked_for = max(1, request.args.get("page", 1, type=int))
    shown, total, page = queries.forms(text, page_asked_for, deleted)

    def page_address(page: int) -> str:
        filters: dict[str, Any] = {"q": text or None}
        if deleted:
            filters["state"] = "deleted"
        return url_for("dashboard.forms", **filters, page=page)

    return render_template(
        "dashboard/forms/list.html",
        section="forms",
        forms=shown,
        searchable=total > len(shown) or text,
        page=page,
        pages=max(1, -(-total // queries.PAGE)),
        page_address=page_address,
        q=text,
        deleted=deleted,
        any_deleted=deleted or queries.any_deleted_form(),
        gone=_just_deleted(),
        counts=counts.accepted_by_form([form.id for form in shown]),
        accounts=queries.any_account(),
        may_change=access.is_admin(),
    )


@blueprint.route("/forms/new", methods=["GET", "POST"])
@access.admin
def new_form() -> Any:
    """Build a new form, for the one account or the one that was chosen."""
    accounts = facts.connected_accounts()
    account = _chosen_account(accounts)
    if account is None:
        return render_template(
            "dashboard/forms/choose_account.html", section="forms", accounts=accounts
        )
    starter = request.args.get("starter", FIRST)
    building = fresh(account, starter)
    if building.accepted:
        try:
            form_id = service.create(building.draft)
        except service.InvalidForm as bad:
            building.show(bad.problems)
        else:
            flash(_("The form is ready. Paste it wherever you like."), "success")
            return redirect(url_for("dashboard.share_form", form_id=form_id), 303)
    return _build_page(building, starter=starter)


@blueprint.route("/forms/<form_id>", methods=["GET", "POST"])
@access.admin
def edit_form(form_id: str) -> Any:
    """Change a form."""
    saved = db.session.get(Form, form_id) or abort(404)
    # what was typed into a form that was deleted meanwhile is shown again
    if saved.deleted_at and request.method != "POST":
        abort(404)
    building = reopened(saved)
    if building.accepted:
        try:
            service.change(form_id, building.draft, building.form.seen.data or "")
        except service.InvalidForm as bad:
            building.show(bad.problems)
            # of a change by somebody else the page speaks once
            building.form.seen.data = ""
            if not saved.deleted_at:
                building.form.seen.data = service.version_of(saved)
        else:
            flash(_("Saved. Visitors see it from now on."), "success")
            return redirect(url_for("dashboard.edit_form", form_id=form_id), 303)
    return _build_page(building, saved)


@blueprint.post("/forms/<form_id>/duplicate")
@access.admin
def duplicate_form(form_id: str) -> Response:
    """Copy a form as a draft."""
    copy_id = service.duplicate(_saved(form_id).id)
    flash(
        _("This is the copy. It is a draft: nobody sees it until you open it."),
        "success",
    )
    return redirect(url_for("dashboard.edit_form", form_id=copy_id), 303)


@blueprint.post("/forms/<form_id>/delete")
@access.admin
def delete_form(form_id: str) -> Response:
    """Delete a form; it can be brought back."""
    service.delete(_saved(form_id).id)
    return redirect(url_for("dashboard.forms", gone=form_id), 303)


@blueprint.post("/forms/<form_id>/restore")
@access.admin
def restore_form(form_id: str) -> Response:
    """Bring back a deleted form."""
    saved = db.session.get(Form, form_id) or abort(404)
    service.restore(form_id)
    flash(gettext("“%(name)s” is back, as it was.", name=saved.name), "success")
    return redirect(url_for("dashboard.edit_form", form_id=form_id), 303)


def _saved(form_id: str) -> Form:
    return service.standing(form_id) or abort(404)


def _just_deleted() -> Form | None:
    form = db.session.get(Form, request.args.get("gone", ""))
    if form is None or not form.deleted_at:
        return None
    return form


def _chosen_account(accounts: list[Account]) -> Account | None:
    wanted = request.values.get("account")
    if len(accounts) == 1 and not wanted:
        return accounts[0]
    for account in accounts:
        if account.id == wanted:
            return account
    return None


def _build_page(
    building: Building, saved: Form | None = None, starter: str = ""
) -> tuple[str, int]:
    headers.allow_frames()
    page = render_template(
        "dashboard/forms/build.html",
        section="forms",
        built=building,
        form=building.form,
        account=building.account,
        saved=saved,
        looks=LOOKS,
        starters=STARTERS if request.method == "GET" and not saved else {},
        starter=starter,
        contrast=contrast_of(building.form.accent.data or ""),
        drift=queries.drift_of(saved) if saved else None,
        closing_passed=saved and _closing_passed(saved),
    )
    if building.wrong:
        return page, 422
    return page, 200


def _closing_passed(form: Form) -> bool:
    if not form.open or form.closes_at is None:
        return False
    return form.closes_at <= services().clock.now()
