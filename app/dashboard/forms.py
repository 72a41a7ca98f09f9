"""Forms: made, changed, shared."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectChoice, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from app import gate
from app.accounts import facts
from app.accounts.models import Account
from app.dashboard import counts, queries
from app.dashboard.blueprint import blueprint
from app.db import db
from app.forms import builder
from app.forms.fields import STANDARD
from app.forms.models import Form
from app.ground import ground


class FormForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    """What an admin fills in to make a form. The fields to ask are read apart: their number varies."""

    name = StringField(_("Name, for you only"), validators=[
        DataRequired(_("Please give it a name.")), Length(max=120)])
    heading = StringField(_("Heading"), default=_("Join our newsletter"), validators=[
        DataRequired(_("Please give it a heading.")), Length(max=120)])
    intro = TextAreaField(_("A line below the heading"), validators=[Length(max=1000)])
    lists = SelectMultipleField(_("Lists"), validators=[DataRequired(_("Choose at least one list."))],
                                widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())
    visitor_chooses = RadioField(_("Who joins which list?"), default="no", choices=[
        SelectChoice("no", _("Everybody joins every list ticked above")),
        SelectChoice("yes", _("The visitor chooses among them"))])
    consent = TextAreaField(_("Consent sentence"), default=_(
        "Yes, send me news by e-mail. I can unsubscribe at any time."), validators=[
        DataRequired(_("Please write the sentence that visitors agree to.")), Length(max=1000)],
        description=_("Stands beside a box that nobody ticks but the visitor. Every wording is kept."))
    button = StringField(_("Button"), default=_("Sign me up"), validators=[
        DataRequired(_("Please say what the button does.")), Length(max=60)])
    success = TextAreaField(_("Message afterwards"), default=_("Thank you! You are on the list."), validators=[
        DataRequired(_("Please write what visitors see afterwards.")), Length(max=1000)])
    open = BooleanField(_("Open for sign-ups"), default=True)


@blueprint.get("/forms")
@gate.viewer
def forms() -> str:
    text = request.args.get("q", "")
    found, total, page = queries.forms(text, max(1, request.args.get("page", 1, type=int)))
    return render_template("dashboard/forms.html", section="forms", forms=found, total=total, page=page,
                           pages=max(1, -(-total // queries.PAGE)), q=text,
                           counts=counts.accepted_by_form([form.id for form in found]),
                           accounts=queries.any_account())


@blueprint.route("/forms/new", methods=["GET", "POST"])
@gate.admin
def new_form() -> Any:
    choice = facts.connected_accounts()
    account = _chosen_account(choice)
    if account is None:
        return render_template("dashboard/form_account.html", section="forms", accounts=choice)
    form = _form_form(account)
    if form.validate_on_submit():
        try:
            made = builder.create(_draft(form, account))
        except builder.NotGood as bad:
            _show(bad, form)
        else:
            flash(_("The form is ready. Paste it wherever you like."), "success")
            return redirect(url_for("dashboard.share_form", form_id=made), 303)
    return _build_page(form, account), 422 if form.errors else 200


@blueprint.route("/forms/<form_id>", methods=["GET", "POST"])
@gate.admin
def edit_form(form_id: str) -> Any:
    saved = _saved(form_id)
    account = saved.account
    form = _form_form(account, saved)
    if form.validate_on_submit():
        try:
            builder.change(form_id, _draft(form, account))
        except builder.NotGood as bad:
            _show(bad, form)
        else:
            flash(_("Saved. Visitors see it from now on."), "success")
            return redirect(url_for("dashboard.edit_form", form_id=form_id), 303)
    return _build_page(form, account, saved), 422 if form.errors else 200


@blueprint.get("/forms/<form_id>/share")
@gate.viewer
def share_form(form_id: str) -> str:
    saved, address = _saved(form_id), f"{ground().settings.public_url}/f/{form_id}"
    return render_template("dashboard/form_share.html", section="forms", saved=saved, address=address,
                           drift=queries.drift_of(saved),
                           states=counts.states_of_form(form_id))


def _saved(form_id: str) -> Form:
    return db.session.get(Form, form_id) or abort(404)


def _chosen_account(choice: list[Account]) -> Account | None:
    wanted = request.values.get("account")
    if len(choice) == 1 and not wanted:
        return choice[0]
    return next((account for account in choice if account.id == wanted), None)


def _form_form(account: Account, saved: Form | None = None) -> FormForm:
    values: dict[str, Any] = {}
    if saved:
        values = {name: getattr(saved, name) for name in ("name", "heading", "intro", "button", "success", "open")}
        values |= {"consent": builder.consent_of(saved), "lists": [item["list_id"] for item in saved.lists],
                   "visitor_chooses": "yes" if saved.visitor_chooses else "no"}
    form = FormForm(data=values or None)
    form.lists.choices = [SelectChoice(item.list_id, item.name) for item in facts.lists_of(account.id)]
    return form


def _build_page(form: FormForm, account: Account, saved: Form | None = None) -> str:
    return render_template("dashboard/form_build.html", section="forms", form=form, account=account, saved=saved,
                           rows=_field_rows(account, saved), drift=queries.drift_of(saved) if saved else None)


def _field_rows(account: Account, saved: Form | None) -> list[dict[str, Any]]:
    """Every field that could be asked, as it is now: typed values win over saved ones."""
    asked = {item["key"]: item for item in (saved.fields if saved else _starter())}
    possible: list[tuple[str, str, str | None, int]] = [
        (key, str(field.label), None, field.most) for key, field in STANDARD.items()]
    possible += [(f"cf_{item.custom_field_id}", item.label, item.custom_field_id, 255)
                 for item in facts.text_fields_of(account.id)]
    return [_field_row(key, usual, custom, most, asked.get(key)) for key, usual, custom, most in possible]


def _field_row(key: str, usual: str, custom: str | None, most: int, saved: dict[str, Any] | None) -> dict[str, Any]:
    row = {"key": key, "usual": usual, "custom_field_id": custom, "most": most}
    if request.method == "POST":
        return row | {"ask": f"ask_{key}" in request.form, "required": f"required_{key}" in request.form,
                      "label": request.form.get(f"label_{key}", "").strip()[:80] or usual}
    return row | {"ask": saved is not None, "required": bool(saved and saved["required"]),
                  "label": saved["label"] if saved else usual}


def _starter() -> list[dict[str, Any]]:
    return [{"key": "first_name", "label": str(STANDARD["first_name"].label), "required": False}]


def _draft(form: FormForm, account: Account) -> builder.Draft:
    names = {choice.value: choice.label for choice in form.lists.choices}
    fields = [{"key": row["key"], "label": row["label"], "required": row["required"],
               **({"custom_field_id": row["custom_field_id"]} if row["custom_field_id"] else {})}
              for row in _field_rows(account, None) if row["ask"]]
    return builder.Draft(
        account_id=account.id, name=form.name.data, heading=form.heading.data, intro=form.intro.data or "",
        fields=fields, lists=[{"list_id": id, "label": names[id]} for id in form.lists.data],
        visitor_chooses=form.visitor_chooses.data == "yes", consent=form.consent.data.strip(),
        button=form.button.data, success=form.success.data, open=form.open.data)


def _show(bad: builder.NotGood, form: FormForm) -> None:
    for part, sentence in bad.problems.items():
        target = form["lists" if part == "fields" else part]
        target.errors = [*target.errors, sentence]


