"""Preview a form as it is being built, and try it without storing anything.

What is drawn travels with the page, signed: nothing is drawn that the builder did not
make.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import abort, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadData, Serializer

from app.accounts.models import Account
from app.dashboard import blueprint
from app.dashboard.forms import building as forms_building
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

# what visitors see of a draft: neither its sites, nor its state, nor its closing time
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
FLAGS = ("visitor_chooses", "exactly", "shows_sender")
MAX_LINES_SHOWN = 24  # of JSON


@blueprint.post("/forms/preview")
@access.admin
def preview_form() -> str:
    """Show the form as it is typed now, or as it was before it was tried."""
    drawn = _drawn() if "drawn" in request.form else _draw(_typed())
    shown = _shown(drawn)
    return _page(drawn, shown, form_for(shown, formdata=None))


@blueprint.post("/forms/preview/try")
@access.admin
def try_form() -> Any:
    """Check what was typed like a visitor's entries, and show what would be sent."""
    drawn = _drawn()
    shown = _shown(drawn)
    visitor = form_for(shown)
    if not visitor.validate():
        return _page(drawn, shown, visitor), 422
    body = visitor.body()
    email = visitor.email_address.data or ""
    return _framed(
        shown,
        "dashboard/forms/tried.html",
        carried=_carried(drawn),
        calls=_calls(shown.account_id, email, body),
        emptied=emptied(cleared(body), drawn["fields"]),
        sources=any(question.source for question in visitor.questions),
    )


@dataclass(frozen=True)
class Call:
    """A call that would be made, with its JSON; `when` of several it is made."""

    request: str
    body: str = ""
    when: str = ""

    @property
    def lines(self) -> int:
        """The height of a box for the JSON."""
        return min(self.body.count("\n") + 2, MAX_LINES_SHOWN)


def _calls(account_id: str, email: str, body: dict[str, Any]) -> list[Call]:
    """List the calls in the order they would be made."""
    if "exactly" not in body:
        json_sent = _pretty({"email_address": email, **body})
        return [Call("POST /contacts/sign_up_form", json_sent)]
    new, known = exact_update.bodies(account_id, email, body)
    return [
        Call(
            f"GET /contacts?email={quote(email)}&status=all",
            when=gettext("First the person is looked up"),
        ),
        Call(
            "POST /contacts",
            _pretty(new),
            when=gettext("Then somebody new is made"),
        ),
        Call(
            "PUT /contacts/{contact_id}",
            _pretty(known),
            when=gettext("Or somebody known is put back as they were, but for this"),
        ),
    ]


def _pretty(body: dict[str, Any]) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)


def _typed() -> Draft:
    account = db.session.get(Account, request.form.get("account", "")) or abort(404)
    building = forms_building.typed(account)
    building.rows = [row for row in building.rows if building.possible.knows(row.key)]
    return building.draft


def _draw(draft: Draft) -> dict[str, Any]:
    """Return what visitors see of a draft, as it travels with the preview."""
    drawn = {name: getattr(draft, name) for name in (*WORDS, *AS_JSON, *FLAGS)}
    drawn["fields"] = validation.completed(
        draft.fields, draft.account_id, draft.exactly
    )
    return drawn


def _drawn() -> dict[str, Any]:
    try:
        drawn: dict[str, Any] = _signer().loads(request.form.get("drawn", ""))
    except BadData:
        abort(400)
    return drawn


def _signer() -> Serializer[str]:
    # the serializer signs with the last key, and we name the newest first
    keys = services().cipher.derived("previews")[::-1]
    return Serializer(keys, salt="latchkey.preview")


def _shown(drawn: dict[str, Any]) -> ShownForm:
    """Return what visitors are shown, as though it had been saved."""
    words = {name: drawn[name] for name in WORDS}
    parts = {name: json.dumps(drawn[name]) for name in AS_JSON}
    account = db.session.get(Account, drawn["account_id"]) or abort(404)
    return ShownForm(
        **words,
        **parts,
        visitor_chooses=drawn["visitor_chooses"],
        exactly=drawn["exactly"],
        id="preview",
        sites="[]",
        open=True,
        closes_at=None,
        closed_words="",
        consent_id="",
        updated_at=services().clock.now(),
        deleted_at=None,
        confirmation="off",
        known_contacts="update",
        shows_sender=drawn["shows_sender"],
        event_until=None,
        attack_until=None,
        sender_name=account.sender_name or account.name,
        sender_address=account.sender_address or account.postal_address,
    )


def _page(drawn: dict[str, Any], shown: ShownForm, visitor: VisitorForm) -> str:
    # without its token no post of this form is stored, wherever it goes
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
