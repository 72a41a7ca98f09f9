"""The person's word, by mail: a sign-up that waits for it → asked → confirmed or not.

Read: models (the link in a mail) → asking (one due step: ask, remind, give up) →
mail_limits (how many mails may go out) → letter (what the mail says) → state (what
becomes of the sign-up) → views (the link's page) → links (what its buttons do).
"""

from importlib import import_module

from flask import Blueprint, Flask

from app.database import patience
from app.web import access

blueprint = Blueprint("confirmation", __name__)
# No session, so nothing to forge: the token in the address does that work.
access.csrf.exempt(blueprint)


@blueprint.before_request
def _tell_visitors_soon() -> None:
    patience.answer_within(patience.VISITOR_SECONDS)


def init_app(app: Flask) -> None:
    """Make the tables known, and register the pages."""
    for name in ("models", "views"):
        import_module(f"{__name__}.{name}")
    app.register_blueprint(blueprint)
