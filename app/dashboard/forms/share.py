"""A form's Share page: the snippets to paste, and what the host page's policy must
allow for each.
"""

from dataclasses import dataclass

from flask import abort, render_template

from app.dashboard import blueprint, queries
from app.forms import service
from app.forms.fields import Question
from app.forms.models import Form
from app.services import services
from app.signups import embed, form_cache, pasted_html
from app.signups.visitor_form import VisitorForm, form_for
from app.stats import counts
from app.web import access, headers

# Pixels of a form in a frame as wide as a phone: what stands above and below its
# fields, and each of these.
FRAME, LINE, FIELD, LEGEND, CHOICE, LETTERS = 180, 26, 92, 64, 46, 34
GROUPS = {"birthday": FIELD, "address": 5 * FIELD, "text_area": FIELD + 72}


@dataclass(frozen=True)
class Snippets:
    """What to paste, and the directives that a Content Security Policy of that page
    needs for it.
    """

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
    saved, seen = service.standing(form_id), form_cache.recent(form_id)
    if saved is None or seen is None:
        abort(404)
    address = f"{services().settings.public_url}{access.VISITORS}/{form_id}"
    snippets = _snippets(saved, address, form_for(seen, formdata=None), seen.ends_at)
    return render_template(
        "dashboard/forms/share.html",
        section="forms",
        saved=saved,
        address=address,
        snippets=snippets,
        drift=queries.drift_of(saved),
        states=counts.states_of_form(form_id),
    )


def _snippets(saved: Form, address: str, visitor: VisitorForm, goal: str) -> Snippets:
    ours, script, height = (
        services().settings.public_url,
        embed.newest(),
        _height(saved, visitor),
    )
    parts = {
        "address": address,
        "ours": ours,
        "form": saved,
        "visitor": visitor,
        "script": script,
        "height": height,
        "consent_name": pasted_html.CONSENT,
    }

    def made(name: str, **more: bool) -> str:
        text = render_template(f"dashboard/forms/snippets/{name}.html", **parts, **more)
        return "\n".join(line for line in text.splitlines() if line.strip())

    origin = headers.origin(ours)
    goals = dict.fromkeys([origin, *filter(None, [goal])])
    return Snippets(
        script=made("script", pinned=True),
        newest_script=made("script", pinned=False),
        frame=made("frame"),
        html=made("plain"),
        script_policy=f"script-src {origin}; frame-src {origin}",
        frame_policy=f"frame-src {origin}",
        html_policy=f"form-action {' '.join(goals)}",
        height=height,
    )


def _height(saved: Form, visitor: VisitorForm) -> int:
    """Pixels that the form needs on a phone, about: what is reserved before the frame
    tells exactly.
    """
    words = [saved.intro, service.consent_of(saved)]
    lines = sum(
        -(-len(line) // LETTERS) for text in words for line in text.splitlines()
    )
    fields = FIELD + sum(_height_of(question) for question in visitor.questions)
    choices = (
        LEGEND + CHOICE * len(visitor["lists"].choices) if "lists" in visitor else 0
    )
    return (
        FRAME + lines * LINE + fields + choices + (2 * LINE if saved.privacy_url else 0)
    )


def _height_of(question: Question) -> int:
    if question.hidden:
        return 0
    help = LINE * -(-len(question.help) // LETTERS)
    if question.display in ("radio", "checkbox"):
        return help + LEGEND + CHOICE * max(1, len(question.choices))
    return help + GROUPS.get(question.type, FIELD)
