"""Show accounts and how they are, and make invitations for owners."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_security import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import IntegerField, StringField
from wtforms.validators import DataRequired, Email, Length, NumberRange, Optional

from app import messages
from app.accounts import (
    api_key,
    facts,
    health,
    invitations,
    status_links,
    sync,
    tokens,
    what_was_done,
)
from app.accounts.api_rate import RateLimited
from app.accounts.models import Account, ConnectLink, TokenSet
from app.accounts.oauth_transaction import Origin
from app.accounts.token_store import claims_in
from app.constant_contact import errors
from app.core.crypto import CannotDecrypt
from app.dashboard import balance_bar, blueprint, queries
from app.dashboard.accounts import permissions, timeline
from app.dashboard.accounts.sender_form import SenderForm
from app.database.session import db
from app.owner.connect import leave_for_provider
from app.services import services
from app.signups.models import Signup, SignupState
from app.stats import account_ranking, counts
from app.status import waiting
from app.web import access, headers, times
from app.web.max_length import MaxLength

# lines of an account's life that are read and, renewals folded, shown
HAPPENED_LATELY, LINES_LATELY = 60, 12
LINKS_SHOWN = 5
LISTS_SHOWN = 12  # the others are folded away
ENDS_SOON = 30  # days
LINK_LOOKS = {
    "open": ("info", "link", _("Open")),
    "used": ("ok", "circle-check", _("Used")),
    "revoked": ("quiet", "x", _("Withdrawn")),
    "expired": ("quiet", "clock", _("Expired")),
}
TOKEN_KINDS = {
    "rotating": _("Rotating: each renewal replaces the refresh token"),
    "long_lived": _("Long-lived: the refresh token stays the same"),
    "unknown": _("Unknown until the first renewal"),
}
NOTICE_KINDS = {"needs_owner": "error", "disconnected": "info"}


class LinkForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    label = StringField(
        _("Name"),
        validators=[
            DataRequired(_("Enter a name, so you recognize this link later.")),
            Length(max=120),
        ],
        description=_("The owner sees this name too. For example: Bakery newsletter"),
    )
    days = IntegerField(
        _("Expires after (days)"),
        default=7,
        validators=[NumberRange(1, 90, _("Enter a number from 1 to 90."))],
    )


class NotifyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    notify_email = StringField(
        _("The owner’s email address"),
        filters=[lambda typed: (typed or "").strip()],
        description=_("If you leave this empty, only admins get email alerts."),
        validators=[
            Optional(),
            MaxLength(254),
            Email(_("This doesn’t look like an email address.")),
        ],
    )


@dataclass(frozen=True)
class NewAddress:
    """An address that is shown on one page, and never again."""

    label: LazyString
    address: str
    text: LazyString
    message: str = ""  # to send along with it


@blueprint.get("/accounts")
@access.viewer
def accounts() -> str:
    """List accounts, worst first."""
    headers.allow_form_to_leave()
    return _accounts_page(LinkForm())


@blueprint.post("/accounts/connect")
@access.admin
def connect_now() -> Response:
    """Send an admin who is the owner too straight to the provider."""
    origin = Origin(user_id=current_user.id)
    return leave_for_provider(origin, fresh_sign_in=bool(facts.connected_accounts()))


@blueprint.post("/accounts/links")
@access.admin
def create_link() -> str | tuple[str, int]:
    """Make an invitation; only this page shows its address."""
    headers.allow_form_to_leave()
    form = LinkForm()
    if not form.validate():
        return _accounts_page(form), 422
    label = str(form.label.data)
    link = invitations.create(label, int(form.days.data or 7), current_user.email)
    return _accounts_page(LinkForm(formdata=None), link.address, label)


@blueprint.post("/accounts/links/<link_id>/revoke")
@access.admin
def revoke_link(link_id: str) -> Response:
    """Withdraw an invitation."""
    if invitations.revoke(link_id):
        flash(_("Link withdrawn. It no longer works."), "success")
    else:
        flash(_("That link was already used or withdrawn."), "info")
    return redirect(url_for("dashboard.accounts"), 303)


@blueprint.get("/accounts/<account_id>")
@access.viewer
def account(account_id: str) -> str:
    """Show one account."""
    return account_page(known(account_id))


@blueprint.post("/accounts/<account_id>/read")
@access.admin
def read_account(account_id: str) -> Response:
    """Check now: read lists and custom fields afresh, and look at the token."""
    account_id = known(account_id).id
    try:
        sync.look(account_id, patience=2)
        flash(
            _(
                "Latchkey checked the token and updated lists, custom fields, and"
                " permissions."
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
                "Latchkey couldn’t reach Constant Contact, so it keeps using the"
                " previous information."
            ),
            "error",
        )
    return redirect(url_for("dashboard.account", account_id=account_id), 303)


def _accounts_page(form: LinkForm, address: str = "", label: str = "") -> str:
    now = services().clock.now()
    text = request.args.get("q", "")
    unwell = request.args.get("show") == "attention"
    page = max(1, request.args.get("page", 1, type=int))
    ranked = account_ranking.lines(now, page=page, text=text, unwell=unwell)
    summary = account_ranking.summary(now)
    number = sum(summary.by_state.values())

    def page_address(page: int) -> str:
        filters: dict[str, Any] = {"q": text or None}
        if unwell:
            filters["show"] = "attention"
        return url_for("dashboard.accounts", **filters, page=page)

    return render_template(
        "dashboard/accounts/list.html",
        section="accounts",
        ranked=ranked,
        lines=ranked.lines,
        page_address=page_address,
        q=text,
        unwell=unwell,
        any_account=number > 0,
        searchable=number > account_ranking.PAGE,
        tab_links=_tab_links(text, unwell, number, summary.unwell),
        form=form,
        links=_links_shown(invitations.newest()),
        address=address,
        label=label,
        settings=services().settings,
        credentials=api_key.current() is not None,
    )


def _tab_links(text: str, unwell: bool, number: int, number_unwell: int) -> list[Any]:
    q = text or None
    return [
        {
            "href": url_for("dashboard.accounts", q=q),
            "label": _("All"),
            "count": number,
            "current": not unwell,
        },
        {
            "href": url_for("dashboard.accounts", q=q, show="attention"),
            "label": _("With problems"),
            "count": number_unwell,
            "current": unwell,
        },
    ]


def _links_shown(
    links: list[ConnectLink],
) -> list[tuple[ConnectLink, str, tuple[str, str, LazyString]]]:
    now = services().clock.now()
    shown = []
    for link in links:
        state = invitations.state(link, now)
        shown.append((link, state, LINK_LOOKS[state]))
    return shown


@blueprint.get("/accounts/<account_id>/life")
@access.viewer
def account_life(account_id: str) -> str:
    """Show all that ever happened to an account, newest first, month by month."""
    account = known(account_id)
    return render_template(
        "dashboard/accounts/timeline.html",
        section="accounts",
        account=account,
        months=timeline.by_month(queries.account_events(account.id, None)),
    )


def known(account_id: str) -> Account:
    """Find the account, or answer 404."""
    return db.session.get(Account, account_id) or abort(404)


def account_page(
    account: Account,
    new_address: NewAddress | None = None,
    notify: NotifyForm | None = None,
    sender: SenderForm | None = None,
) -> str:
    """Render an account's page, with an address shown once or a form to correct."""
    headers.allow_form_to_leave()  # “connect again” goes to the provider
    now, states = services().clock.now(), counts.states_of(account.id)
    account_health = health.of(account, now)
    days_left = health.days_left(account, now)
    happened = timeline.fold(queries.account_events(account.id, HAPPENED_LATELY))
    lists = facts.lists_of(account.id)
    return render_template(
        "dashboard/accounts/account.html",
        section="accounts",
        account=account,
        new_address=new_address,
        notify=notify or NotifyForm(obj=account, formdata=None),
        sender=sender or SenderForm(obj=account, formdata=None),
        health=account_health,
        next_try=_ahead(account_health.next_at, now),
        notice_kind=NOTICE_KINDS.get(account_health.state, "warning"),
        by_operators=account_health.reason in messages.FOR_OPERATORS,
        causes=_causes(account, account_health),
        works=account_health.state in health.WORKS,
        days_left=days_left,
        ends_soon=days_left <= ENDS_SOON
        and account_health.state in ("retrying", "ageing"),
        lists=lists[:LISTS_SHOWN],
        more_lists=lists[LISTS_SHOWN:],
        forms=[(form, queries.drift_of(form)) for form in queries.forms_of(account.id)],
        happened=happened[:LINES_LATELY],
        parts=balance_bar.parts_of_account(states, account.id),
        waiting=states.get(SignupState.WAITING, 0),
        causes_of_waiting=balance_bar.causes_of(
            waiting.waiting(now, Signup.account_id == account.id), account=account.id
        ),
        undelivered=queries.undelivered(states),
        status_page=status_links.newest(account.id),
        links=_links_shown(invitations.newest(LINKS_SHOWN, account.id)),
        last_link=what_was_done.last_links([account.id]).get(account.id),
        **_token_set_shown(account, account_health, days_left),
    )


def _ahead(moment: datetime | None, now: datetime) -> datetime | None:
    """Return a moment that is still to come: a past one would say nothing true."""
    return moment if moment and moment > now else None


def _causes(
    account: Account, account_health: health.Health
) -> tuple[LazyString | str, ...]:
    """Return what may lie behind an account's trouble, likeliest first."""
    causes = messages.CAUSES.get(account_health.reason or "", ())
    failed = None
    if account_health.state == "needs_owner":
        failed = queries.failed_connect(account.id, account_health.since)
    if failed is None:
        return causes
    when = times.words(failed.at)
    sentence = str(messages.FAILED_CONNECT) % {"when": when, "login": failed.detail}
    return (sentence, *causes)


def _token_set_shown(
    account: Account, account_health: health.Health, days_left: int
) -> dict[str, object]:
    token_set: TokenSet | None = account.token_set
    if token_set is None or account_health.state == "disconnected":
        return {"token_set": None}
    next_renewal: datetime | None = token_set.refresh_due_at
    if token_set.refused_at:
        next_renewal = None
    claims = claims_in(token_set)
    now = services().clock.now()
    scp = claims.scp if claims else ()
    lines = permissions.table(token_set, scp, days_left == 0, now)
    other_login = None
    if claims and claims.sub != account.login:
        other_login = claims.sub
    return {
        "token_set": token_set,
        "token_kind": TOKEN_KINDS[token_set.kind],
        "next_renewal": next_renewal,
        "signature": messages.SIGNATURES.get(
            token_set.signature or "", _("Not checked yet")
        ),
        "other_login": other_login,
        "permissions": lines,
        "looks": permissions.LOOKS,
        "disputed": permissions.disputed(lines),
        "life": health.LIFE_OF_REFRESH_TOKEN.days,
    }
