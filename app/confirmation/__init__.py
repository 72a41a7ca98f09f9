"""The person's word, by mail: a sign-up that waits for it → asked → confirmed or not.

Read: models (the link in a mail).
"""

from importlib import import_module

from flask import Flask


def init_app(_app: Flask) -> None:
    """Make the tables known, and register the pages."""
    import_module(f"{__name__}.models")
