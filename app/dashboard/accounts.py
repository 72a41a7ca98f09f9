"""Accounts: who is connected and how they are; invitations for owners."""

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import lazy_gettext as _
from flask_security import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import IntegerField, StringField
from wtforms.validators import DataRequired, Length, NumberRange

from app import gate
from app.accounts import api_key, checkup, facts, health, links, tokens
from app.accounts.connect import leave_for_provider
from app.accounts.models import Account
from app.constant_contact import errors
from app.constant_contact.oauth import claims_of
from app.dashboard import queries
from app.dashboard.blueprint import blueprint
from app.db import db
from app.ground import ground
from app.pace import NoAllowance
from app.signups.models import Signup, State
from app.vault import CannotOpen


class LinkForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    label = StringField(_("Who is it for?"), validators=[
        DataRequired(_("Please say who it is for, so that you know it again.")), Length(max=120)],
        description=_("The owner sees this too, for example “Bakery newsletter”."))
    days = IntegerField(_("Good for how many days?"), default=7, validators=[
        NumberRange(1, 90, _("Between 1 and 90 days, please."))])


@blueprint.get("/accounts")
@gate.viewer
def accounts() -> str:
    gate.allow_form_to_leave()
    return _accounts_page(LinkForm())


@blueprint.post("/accounts/connect")
@gate.admin
def connect_now() -> Response:
    """An admin who is the owner too goes straight to the provider."""
    return leave_for_provider(fresh_sign_in=bool(facts.connected_accounts()))


@blueprint.post("/accounts/links")
@gate.admin
def create_link() -> str | tuple[str, int]:
    """The address is shown on this page only: afterwards nobody can read it again."""
    gate.allow_form_to_leave()
    form = LinkForm()
    if not form.validate():
        return _accounts_page(form), 422
    made = links.create(str(form.label.data), int(form.days.data or 7), current_user.email)
    return _accounts_page(LinkForm(formdata=None), made.address, str(form.label.data))


@blueprint.post("/accounts/links/<link_id>/revoke")
@gate.admin
def revoke_link(link_id: str) -> Response:
    if links.revoke(link_id):
        flash(_("The link is closed. Whoever opens it now is told so."), "success")
    else:
        flash(_("That link was used or closed before."), "info")
    return redirect(url_for("dashboard.accounts"), 303)


@blueprint.get("/accounts/<account_id>")
@gate.viewer
def account(account_id: str) -> str:
    found = _account(account_id)
    gate.allow_form_to_leave()  # “connect again” goes to the provider
    now = ground().clock.now()
    return render_template(
        "dashboard/account.html", section="accounts", account=found, health=health.of(found, now),
        days_left=health.days_left(found, now), claims=_claims(found), lists=facts.lists_of(found.id),
        forms=[(form, queries.missing_in(form)) for form in queries.forms_of(found.id)],
        occurrences=queries.occurrences(found.id),
        states=queries.count_by(Signup.state, Signup.account_id == found.id),
        waiting=queries.count_by(Signup.account_id, Signup.state == State.WAITING).get(found.id, 0))


@blueprint.post("/accounts/<account_id>/read")
@gate.admin
def read_account(account_id: str) -> Response:
    """Check now: lists and custom fields read afresh, the token looked at."""
    found = _account(account_id)
    try:
        checkup.look(found.id, patience=2)
        flash(_("Lists and custom fields were read afresh, and the token was looked at."), "success")
    except (errors.ProviderError, NoAllowance, tokens.NotNow, tokens.NeedsOwner, CannotOpen):
        flash(_("Constant Contact could not be asked just now. What was read before is still used."), "error")
    return redirect(url_for("dashboard.account", account_id=account_id), 303)


def _accounts_page(form: LinkForm, address: str = "", label: str = "") -> str:
    now = ground().clock.now()
    shown = [(link, links.state(link, now)) for link in links.newest()]
    return render_template("dashboard/accounts.html", section="accounts", lines=queries.account_lines(), form=form,
                           links=shown, address=address, label=label, settings=ground().settings,
                           credentials=api_key.current() is not None)


def _account(account_id: str) -> Account:
    return db.session.get(Account, account_id) or abort(404)


def _claims(account: Account) -> object:
    """What the stored access token says of itself, or None; the token itself goes nowhere."""
    held = account.token_set
    if held is None:
        return None
    try:
        return claims_of(ground().vault.open(held.access_token, "token_set", held.id, "access_token"))
    except CannotOpen:
        return None


