"""The visitor's story: a filled-in form → stored.

Read: views (the pages) → rate_limit (requests of a network) → host_page, pasted_html
(where the form stands, and posts of forms pasted as HTML) → visitor_form (the form;
inputs, validators and email_check are its checks) → form_cache (what a form shows, kept
for a second) → form_token (the signed token of a page) → screening (is it suspicious?)
→ people (keyed hashes) and blocked (those that are held) → intake (one short
transaction) → next_step (what may come by mail) → models, clearing (what was left empty
on purpose), view_counts, corrections (what admins changed) and correction_form, evidence
(what can be shown of a sign-up for years). Beside
them: embed (what other pages load). Has no key to `constant_contact`: the code that
serves a visitor cannot wait for the provider.
"""

from importlib import import_module

from flask import Blueprint, Flask

from app.database import patience
from app.web import access

blueprint = Blueprint("signups", __name__)
# No session, so nothing to forge: the signed form token does that work.
access.csrf.exempt(blueprint)


@blueprint.before_request
def _tell_visitors_soon() -> None:
    patience.answer_within(patience.VISITOR_SECONDS)


def init_app(app: Flask) -> None:
    """Register the pages: importing a file of views adds its routes to the blueprint."""
    for name in ("views", "embed"):
        import_module(f"{__name__}.{name}")
    app.register_blueprint(blueprint)
