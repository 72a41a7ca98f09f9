"""Accounts: who is connected and how they are; invitations for owners."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from flask_security import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import IntegerField, StringField
from wtforms.validators import DataRequired, Email, Length, NumberRange, Optional

from app.accounts import api_key, facts, health, invitations, status_links, sync, tokens
from app.accounts.api_rate import RateLimited
from app.accounts.models import Account
from app.accounts.oauth_transaction import Origin
from app.accounts.token_store import claims_in
from app.constant_contact import errors
from app.core.crypto import CannotDecrypt
from app.dashboard import blueprint, queries
from app.dashboard.accounts import timeline
from app.database.session import db
from app.owner.connect import leave_for_provider
from app.services import services
from app.signups.models import SignupState
from app.stats import account_ranking, counts
from app.web import access, headers

# lines of an account's life that are read and, renewals folded, shown
HAPPENED_LATELY, LINES_LATELY = 60, 12


class LinkForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    label = StringField(
        _("Who is it for?"),
        validators=[
            DataRequired(_("Please say who it is for, so that you know it again.")),
            Length(max=120),
        ],
        description=_("The owner sees this too, for example “Bakery newsletter”."),
    )
    days = IntegerField(
        _("Good for how many days?"),
        default=7,
        validators=[NumberRange(1, 90, _("Between 1 and 90 days, please."))],
    )


class NotifyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    notify_email = StringField(
        _("The owner’s e-mail address"),
        filters=[lambda text: (text or "").strip()],
        description=_("Empty: only the admins are told."),
        validators=[
            Optional(),
            Length(max=254),
            Email(_("This does not look like an e-mail address.")),
        ],
    )


@blueprint.get("/accounts")
@access.viewer
def accounts() -> str:
    headers.allow_form_to_leave()
    return _accounts_page(LinkForm())


@blueprint.post("/accounts/connect")
@access.admin
def connect_now() -> Response:
    """An admin who is the owner too goes straight to the provider."""
    return leave_for_provider(Origin(), fresh_sign_in=bool(facts.connected_accounts()))


@blueprint.post("/accounts/links")
@access.admin
def create_link() -> str | tuple[str, int]:
    """The address is shown on this page only: afterwards nobody can read it again."""
    headers.allow_form_to_leave()
    form = LinkForm()
    if not form.validate():
        return _accounts_page(form), 422
    made = invitations.create(
        str(form.label.data), int(form.days.data or 7), current_user.email
    )
    return _accounts_page(LinkForm(formdata=None), made.address, str(form.label.data))


@blueprint.post("/accounts/links/<link_id>/revoke")
@access.admin
def revoke_link(link_id: str) -> Response:
    if invitations.revoke(link_id):
        flash(_("The link is closed. Whoever opens it now is told so."), "success")
    else:
        flash(_("That link was used or closed before."), "info")
    return redirect(url_for("dashboard.accounts"), 303)


@blueprint.get("/accounts/<account_id>")
@access.viewer
def account(account_id: str) -> str:
    return account_page(known(account_id))


@blueprint.post("/accounts/<account_id>/read")
@access.admin
def read_account(account_id: str) -> Response:
    """Check now: lists and custom fields read afresh, the token looked at."""
    found = known(account_id)
    try:
        sync.look(found.id, patience=2)
        flash(
            _(
                "Lists, custom fields and rights were read afresh, and the token was"
                " looked at."
            ),
            "success",
        )
    except (
        errors.ProviderError,
        RateLimited,
        tokens.NotNow,
        tokens.NeedsOwner,
        CannotDecrypt,
    ):
        flash(
            _(
                "Constant Contact could not be asked just now. What was read before is"
                " still used."
            ),
            "error",
        )
    return redirect(url_for("dashboard.account", account_id=account_id), 303)


def _accounts_page(form: LinkForm, address: str = "", label: str = "") -> str:
    now = services().clock.now()
    shown = [(link, invitations.state(link, now)) for link in invitations.newest()]
    text, unwell = request.args.get("q", ""), request.args.get("show") == "attention"
    found = account_ranking.lines(
        now,
        page=max(1, request.args.get("page", 1, type=int)),
        text=text,
        unwell=unwell,
    )
    return render_template(
        "dashboard/accounts/list.html",
        section="accounts",
        found=found,
        lines=found.lines,
        q=text,
        unwell=unwell,
        summary=account_ranking.summary(now),
        many=account_ranking.PAGE,
        form=form,
        links=shown,
        address=address,
        label=label,
        settings=services().settings,
        credentials=api_key.current() is not None,
    )


@blueprint.get("/accounts/<account_id>/life")
@access.viewer
def account_life(account_id: str) -> str:
    """All that ever happened to it, newest first, month by month."""
    found = known(account_id)
    return render_template(
        "dashboard/accounts/timeline.html",
        section="accounts",
        account=found,
        months=timeline.by_month(queries.account_events(found.id, None)),
    )


def known(account_id: str) -> Account:
    """The account, or 404."""
    return db.session.get(Account, account_id) or abort(404)


def account_page(found: Account, **more: Any) -> str:
    """The page of an account.

    `more` are a link to be shown once, and a form that was filled in wrongly.
    """
    headers.allow_form_to_leave()  # “connect again” goes to the provider
    now, states = services().clock.now(), counts.states_of(found.id)
    return render_template(
        "dashboard/accounts/account.html",
        section="accounts",
        account=found,
        health=health.of(found, now),
        days_left=health.days_left(found, now),
        claims=found.token_set and claims_in(found.token_set),
        lists=facts.lists_of(found.id),
        forms=[(form, queries.drift_of(form)) for form in queries.forms_of(found.id)],
        happened=timeline.fold(queries.account_events(found.id, HAPPENED_LATELY))[
            :LINES_LATELY
        ],
        states=states,
        waiting=states.get(SignupState.WAITING, 0),
        undelivered=queries.undelivered(states),
        status_page=status_links.newest(found.id),
        **{"notify": NotifyForm(obj=found, formdata=None), **more},
    )
