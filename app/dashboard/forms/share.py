"""Show how to share a form: what to paste, and what the page's policy must allow."""

from dataclasses import dataclass
from typing import Any

from flask import abort, render_template

from app.dashboard import balance_bar, blueprint, queries
from app.forms import service
from app.forms.fields import Question
from app.forms.models import Form
from app.services import services
from app.signups import embed, form_cache, pasted_html
from app.signups.models import Signup
from app.signups.visitor_form import VisitorForm, form_for
from app.stats import counts
from app.status import waiting
from app.web import access, headers

# pixels of a form in a frame as wide as a phone: what stands above and below its
# fields, and each of its parts
FRAME, LINE, FIELD, LEGEND, CHOICE = 180, 26, 92, 64, 46
LETTERS = 34  # in a line there
GROUPS = {"birthday": FIELD, "address": 5 * FIELD, "text_area": FIELD + 72}


@dataclass(frozen=True)
class Snippets:
    """What to paste, and the directives that the page's policy needs for it."""

    script: str
    newest_script: str
    frame: str
    html: str
    script_policy: str
    frame_policy: str
    html_policy: str
    height: int


@blueprint.get("/forms/<form_id>/share")
@access.viewer
def share_form(form_id: str) -> str:
    """Show the snippets of a form, and its sign-ups."""
    saved, form = service.standing(form_id), form_cache.recent(form_id)
    if saved is None or form is None:
        abort(404)
    address = f"{services().settings.public_url}{access.VISITORS}/{form_id}"
    snippets = _snippets(saved, address, form_for(form, formdata=None))
    return render_template(
        "dashboard/forms/share.html",
        section="forms",
        saved=saved,
        address=address,
        snippets=snippets,
        drift=queries.drift_of(saved),
        parts=balance_bar.parts_of_form(counts.states_of_form(form_id), form_id),
        causes=balance_bar.causes_of(
            waiting.waiting(services().clock.now(), Signup.form_id == form_id),
            form=form_id,
        ),
    )


def _snippets(saved: Form, address: str, visitor: VisitorForm) -> Snippets:
    """Make the snippets."""
    ours = services().settings.public_url
    height = _height(saved, visitor)
    parts = {
        "address": address,
        "ours": ours,
        "form": saved,
        "visitor": visitor,
        "script": embed.newest(),
        "height": height,
        "consent_name": pasted_html.CONSENT,
    }
    origin = headers.origin(ours)
    return Snippets(
        script=_snippet("script", **parts, pinned=True),
        newest_script=_snippet("script", **parts, pinned=False),
        frame=_snippet("frame", **parts),
        html=_snippet("plain", **parts),
        script_policy=f"script-src {origin}; frame-src {origin}",
        frame_policy=f"frame-src {origin}",
        html_policy=f"form-action {origin}",
        height=height,
    )


def _snippet(name: str, **parts: Any) -> str:
    text = render_template(f"dashboard/forms/snippets/{name}.html", **parts)
    return "\n".join(line for line in text.splitlines() if line.strip())


def _height(saved: Form, visitor: VisitorForm) -> int:
    """Estimate the pixels of the form on a phone, until its frame reports them."""
    height = FRAME + FIELD
    for text in (saved.intro, service.consent_of(saved)):
        for line in text.splitlines():
            height += LINE * _lines_of(line)
    for question in visitor.questions:
        height += _height_of(question)
    if "lists" in visitor:
        height += LEGEND + CHOICE * len(visitor["lists"].choices)
    if saved.privacy_url:
        height += 2 * LINE
    return height


def _lines_of(text: str) -> int:
    return -(-len(text) // LETTERS)


def _height_of(question: Question) -> int:
    if question.hidden:
        return 0
    help = LINE * _lines_of(question.help)
    if question.display in ("radio", "checkbox"):
        return help + LEGEND + CHOICE * max(1, len(question.choices))
    return help + GROUPS.get(question.type, FIELD)
