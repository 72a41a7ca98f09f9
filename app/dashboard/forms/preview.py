"""The form that is being built as its visitors will see it, and a press of its button
that stores nothing.

What was drawn travels with the page, signed: only what the builder made of typed words
is ever drawn.
"""

import json
from typing import Any
from urllib.parse import quote

from flask import abort, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadData, Serializer

from app.accounts.models import Account
from app.dashboard import blueprint
from app.dashboard.forms import building
from app.database.session import db
from app.delivery import exact_update
from app.forms import validation
from app.forms.answer_text import emptied
from app.forms.draft import Draft
from app.services import services
from app.signups.clearing import cleared
from app.signups.form_cache import ShownForm
from app.signups.visitor_form import VisitorForm, form_for
from app.web import access, headers

# What of a draft is seen; the sites, the state and the closing time are not.
WORDS = (
    "account_id",
    "heading",
    "intro",
    "button",
    "success",
    "privacy_url",
    "redirect_url",
    "consent",
)
AS_JSON = ("fields", "lists", "theme")
FLAGS = ("visitor_chooses", "exactly")


@blueprint.post("/forms/preview")
@access.admin
def preview_form() -> str:
    """The form as it is typed just now, good or not; or as it was before it was tried."""
    drawn = _drawn() if "drawn" in request.form else _draw(_typed())
    shown = _shown(drawn)
    return _page(drawn, shown, form_for(shown, formdata=None))


@blueprint.post("/forms/preview/try")
@access.admin
def try_form() -> Any:
    """Judge what was typed into the preview as a visitor's would be, and show what
    would be sent.
    """
    drawn = _drawn()
    shown = _shown(drawn)
    visitor = form_for(shown)
    if not visitor.validate():
        return _page(drawn, shown, visitor), 422
    body = visitor.body()
    return _framed(
        shown,
        "dashboard/forms/tried.html",
        carried=_carried(drawn),
        calls=_calls(shown.account_id, visitor.email_address.data or "", body),
        emptied=emptied(cleared(body), drawn["fields"]),
        sources=any(question.source for question in visitor.questions),
    )


def _calls(
    account_id: str, email: str, body: dict[str, Any]
) -> list[tuple[str, str, str]]:
    """(when it is made, the call, its JSON), in the order they are made."""
    if "exactly" not in body:
        return [
            (
                "",
                "POST /contacts/sign_up_form",
                _pretty({"email_address": email, **body}),
            )
        ]
    new, known = exact_update.bodies(account_id, email, body)
    return [
        (
            gettext("First the person is looked up"),
            f"GET /contacts?email={quote(email)}&status=all",
            "",
        ),
        (gettext("Then somebody new is made"), "POST /contacts", _pretty(new)),
        (
            gettext("Or somebody known is put back as they were, but for this"),
            "PUT /contacts/{contact_id}",
            _pretty(known),
        ),
    ]


def _pretty(body: dict[str, Any]) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)


@blueprint.get("/forms/contrast")
@access.admin
def contrast() -> str:
    """A sentence on how a colour reads, while it is being chosen."""
    return render_template(
        "dashboard/forms/_contrast.html",
        contrast=building.contrast_of(request.args.get("accent", "")),
    )


def _typed() -> Draft:
    account = db.session.get(Account, request.form.get("account", "")) or abort(404)
    built = building.typed(account)
    built.rows = [row for row in built.rows if built.possible.knows(row.key)]
    return built.draft


def _draw(draft: Draft) -> dict[str, Any]:
    """What of a draft a visitor sees, as it travels with the preview."""
    fields = validation.completed(draft.fields, draft.account_id, draft.exactly)
    return {name: getattr(draft, name) for name in (*WORDS, *AS_JSON, *FLAGS)} | {
        "fields": fields
    }


def _drawn() -> dict[str, Any]:
    try:
        found: dict[str, Any] = _signer().loads(request.form.get("drawn", ""))
    except BadData:
        abort(400)
    return found


def _signer() -> Serializer[str]:
    # newest last signs
    return Serializer(
        list(reversed(services().cipher.derived("previews"))), salt="latchkey.preview"
    )


def _shown(drawn: dict[str, Any]) -> ShownForm:
    """As though it had been saved."""
    return ShownForm(
        **{name: drawn[name] for name in WORDS},
        **{name: json.dumps(drawn[name]) for name in AS_JSON},
        visitor_chooses=drawn["visitor_chooses"],
        exactly=drawn["exactly"],
        id="preview",
        sites="[]",
        open=True,
        closes_at=None,
        closed_words="",
        consent_id="",
        updated_at=services().clock.now(),
    )


def _page(drawn: dict[str, Any], shown: ShownForm, visitor: VisitorForm) -> str:
    # no ticket: wherever this is posted, nothing is stored
    visitor.form_token.data = ""
    return _framed(
        shown,
        "signups/form.html",
        visitor=visitor,
        action=url_for("dashboard.try_form"),
        carried=_carried(drawn),
    )


def _framed(shown: ShownForm, template: str, **values: Any) -> str:
    headers.allow_own_framing()
    headers.allow_style(shown.style)
    return render_template(template, form=shown, embed=False, notice="", **values)


def _carried(drawn: dict[str, Any]) -> dict[str, str]:
    return {"csrf_token": generate_csrf(), "drawn": _signer().dumps(drawn)}
