"""The deliberate switch: an account's forms and waiting sign-ups handed to another
account, list by list.
"""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts import facts
from app.accounts.models import Account, AccountField
from app.dashboard import blueprint, queries
from app.dashboard.accounts.views import known
from app.delivery import transfer as moving
from app.stats import counts
from app.web import access, headers


@blueprint.get("/accounts/<account_id>/move")
@access.admin
def move(account_id: str) -> str:
    """First choose the account, then say which of its lists stands for which."""
    here = known(account_id)
    others = [one for one in facts.connected_accounts() if one.id != here.id]
    there = next((one for one in others if one.id == request.args.get("to")), None)
    if there is None:
        headers.allow_form_to_leave()  # “connect another” goes to the provider
        return render_template(
            "dashboard/accounts/transfer.html",
            section="accounts",
            account=here,
            others=others,
        )
    return _page(here, there, {}, {})


@blueprint.post("/accounts/<account_id>/move")
@access.admin
def move_now(account_id: str) -> Response | tuple[str, int]:
    """Hand everything over, once every list has its counterpart."""
    here, there = known(account_id), known(request.form.get("to", ""))
    if here.id == there.id or there.disconnected_at:
        return redirect(url_for("dashboard.move", account_id=here.id), 303)
    lists, fields = moving.in_use(here.id)
    typed = {name: value for name, value in request.form.items() if value}
    theirs, offered = (
        [one.list_id for one in facts.lists_of(there.id)],
        _offered(here, there, fields),
    )
    mapping = moving.Mapping(
        _chosen("list", typed, dict.fromkeys(lists, theirs)),
        _chosen(
            "field",
            typed,
            {id: [one.custom_field_id for one in some] for id, some in offered.items()},
        ),
    )
    if wrong := _wrong(lists, mapping):
        return _page(here, there, wrong, typed), 422
    try:
        forms, signups = moving.move(here.id, there.id, mapping)
    except moving.Changed:
        flash(
            _(
                "A form was changed meanwhile, so nothing was moved yet. Please look at"
                " the lists once more."
            ),
            "info",
        )
        return _page(here, there, {}, typed), 422
    flash(
        _(
            "Moved to %(name)s: %(forms)s, %(signups)s.",
            name=f"\u2068{there.name}\u2069",
            forms=ngettext("%(num)s form", "%(num)s forms", forms),
            signups=ngettext(
                "%(num)s sign-up that was not delivered yet",
                "%(num)s sign-ups that were not delivered yet",
                signups,
            ),
        ),
        "success",
    )
    return redirect(url_for("dashboard.account", account_id=here.id), 303)


def _wrong(lists: dict[str, str], mapping: moving.Mapping) -> dict[str, str]:
    wrong = {
        f"list_{id}": _("Please say which list stands for “%(name)s”.", name=name)
        for id, name in lists.items()
        if id not in mapping.lists
    }
    taken: set[str] = set()
    for old, new in mapping.fields.items():
        if new in taken:
            wrong[f"field_{old}"] = _(
                "Two custom fields cannot become one. Leave one of them out."
            )
        taken.add(new)
    return wrong


def _chosen(
    kind: str, typed: dict[str, str], offered: dict[str, list[str]]
) -> dict[str, str]:
    picked = {id: typed.get(f"{kind}_{id}", "") for id in offered}
    return {id: new for id, new in picked.items() if new in offered[id]}


def _offered(
    here: Account, there: Account, used: dict[str, str]
) -> dict[str, list[AccountField]]:
    """For each custom field in use those that can stand for it."""
    return moving.fitting(here.id, used, facts.fields_of(there.id))


def _page(
    here: Account, there: Account, wrong: dict[str, str], typed: dict[str, str]
) -> str:
    lists, fields = moving.in_use(here.id)
    new_lists, offered = facts.lists_of(there.id), _offered(here, there, fields)
    same = {
        old: new
        for id, name in fields.items()
        for old, new in moving.suggested({id: name}, offered[id]).items()
    }
    chosen = (
        {f"list_{old}": new for old, new in moving.suggested(lists, new_lists).items()}
        | {f"field_{old}": new for old, new in same.items()}
        | typed
    )
    return render_template(
        "dashboard/accounts/transfer_lists.html",
        section="accounts",
        account=here,
        there=there,
        lists=lists,
        fields=fields,
        new_lists=[(one.list_id, one.name) for one in new_lists],
        new_fields={
            id: [(one.custom_field_id, one.label) for one in some]
            for id, some in offered.items()
        },
        chosen=chosen,
        wrong=wrong,
        forms=moving.forms_in(here.id),
        signups=queries.undelivered(counts.states_of(here.id)),
    )
