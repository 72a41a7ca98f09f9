"""The admin's pages: how is it going, and what needs me?

A folder a story, in reading order: overview (the first page, and its cards), accounts,
forms, signups, imports, setup, me (of whoever is signed in); queries has the reads that
several of them share, search and filters what sign-ups are found by, and balance_bar
the bar of sign-ups by state. Pages translate a request into one call and choose a
template.
"""

from importlib import import_module

from flask import Blueprint, Flask

blueprint = Blueprint("dashboard", __name__)
VIEWS = (
    "overview.views",
    "accounts.views",
    "accounts.connections",
    "accounts.transfer",
    "forms.views",
    "forms.contrast",
    "forms.preview",
    "forms.share",
    "forms.results",
    "forms.going_on",
    "signups.views",
    "signups.batches",
    "signups.detail",
    "signups.correct",
    "signups.judging",
    "signups.ask_again",
    "signups.evidence",
    "signups.export",
    "imports.views",
    "imports.columns",
    "imports.detail",
    "setup.views",
    "setup.blocked",
    "me.views",
)


def init_app(app: Flask) -> None:
    """Register the pages: importing a file of views adds its routes to the blueprint."""
    for name in VIEWS:
        import_module(f"{__name__}.{name}")
    app.register_blueprint(blueprint)
