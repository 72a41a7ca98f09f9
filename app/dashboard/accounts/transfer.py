"""Hand an account's forms and waiting sign-ups to another account, list by list."""

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts import facts
from app.accounts.models import Account
from app.dashboard import blueprint, queries
from app.dashboard.accounts.views import known
from app.delivery import transfer as moving
from app.stats import counts
from app.web import access, headers

Options = list[tuple[str, str]]  # id and name


@dataclass(frozen=True)
class Choice:
    """What is in use here, by id and name, and what can stand for it there."""

    lists: dict[str, str]
    fields: dict[str, str]
    new_lists_of: dict[str, Options]
    new_fields_of: dict[str, Options]
    suggested: dict[str, str]  # by the name of the control


@blueprint.get("/accounts/<account_id>/move")
@access.admin
def move(account_id: str) -> str:
    """Ask for the other account, then which of its lists stands for which."""
    account = known(account_id)
    others = [other for other in facts.connected_accounts() if other.id != account.id]
    for other in others:
        if other.id == request.args.get("to"):
            return _page(account, other, {}, {})
    headers.allow_form_to_leave()  # “connect another” goes to the provider
    return render_template(
        "dashboard/accounts/transfer.html",
        section="accounts",
        account=account,
        others=others,
    )


@blueprint.post("/accounts/<account_id>/move")
@access.admin
def move_now(account_id: str) -> Response | tuple[str, int]:
    """Hand everything over, once every list has its counterpart."""
    account, other = known(account_id), known(request.form.get("to", ""))
    if account.id == other.id or other.disconnected_at:
        return redirect(url_for("dashboard.move", account_id=account.id), 303)
    choice = _choice_of(account, other)
    typed = {name: value for name, value in request.form.items() if value}
    mapping = moving.Mapping(
        lists=_chosen("list", typed, choice.new_lists_of),
        fields=_chosen("field", typed, choice.new_fields_of),
    )
    if wrong := _wrong(choice.lists, mapping):
        return _page(account, other, wrong, typed), 422
    try:
        forms, signups = moving.move(account.id, other.id, mapping)
    except moving.Changed:
        flash(
            _(
                "Someone changed a form while you had this page open, so nothing was"
                " moved yet. Check the lists, then try again."
            ),
            "info",
        )
        return _page(account, other, {}, typed), 422
    flash(
        _(
            "Moved to %(name)s: %(forms)s, %(signups)s.",
            name=f"\u2068{other.name}\u2069",
            forms=ngettext("%(num)s form", "%(num)s forms", forms),
            signups=ngettext(
                "%(num)s undelivered sign-up",
                "%(num)s undelivered sign-ups",
                signups,
            ),
        ),
        "success",
    )
    return redirect(url_for("dashboard.account", account_id=account.id), 303)


def _choice_of(account: Account, other: Account) -> Choice:
    lists, fields = moving.in_use(account.id)
    new_lists, new_fields = facts.lists_of(other.id), facts.fields_of(other.id)
    suggested = {}
    for id, new_id in moving.suggested(lists, new_lists).items():
        suggested[f"list_{id}"] = new_id
    new_fields_of: dict[str, Options] = {}
    for id, fitting in moving.fitting(account.id, fields, new_fields).items():
        new_fields_of[id] = [(field.custom_field_id, field.label) for field in fitting]
        for _id, new_id in moving.suggested({id: fields[id]}, fitting).items():
            suggested[f"field_{id}"] = new_id
    list_options = [(new_list.list_id, new_list.name) for new_list in new_lists]
    return Choice(
        lists=lists,
        fields=fields,
        new_lists_of=dict.fromkeys(lists, list_options),
        new_fields_of=new_fields_of,
        suggested=suggested,
    )


def _wrong(lists: dict[str, str], mapping: moving.Mapping) -> dict[str, str]:
    wrong = {}
    for id, name in lists.items():
        if id not in mapping.lists:
            sentence = _("Choose the list that replaces “%(name)s”.", name=name)
            wrong[f"list_{id}"] = sentence
    taken: set[str] = set()
    for old, new in mapping.fields.items():
        if new in taken:
            wrong[f"field_{old}"] = _(
                "Two custom fields can’t become the same field. Leave one of them out."
            )
        taken.add(new)
    return wrong


def _chosen(
    kind: str, typed: dict[str, str], options_of: dict[str, Options]
) -> dict[str, str]:
    """Return what was chosen for each id, as far as it was offered."""
    chosen = {}
    for id, options in options_of.items():
        new_id = typed.get(f"{kind}_{id}", "")
        if new_id in dict(options):
            chosen[id] = new_id
    return chosen


def _page(
    account: Account, other: Account, wrong: dict[str, str], typed: dict[str, str]
) -> str:
    choice = _choice_of(account, other)
    return render_template(
        "dashboard/accounts/transfer_lists.html",
        section="accounts",
        account=account,
        other=other,
        choice=choice,
        chosen=choice.suggested | typed,
        wrong=wrong,
        forms=moving.forms_in(account.id),
        signups=queries.undelivered(counts.states_of(account.id)),
    )
