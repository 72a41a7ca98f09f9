"""Which language a page speaks. Every string goes through here; translations live in `translations/`."""

from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale

from app.ground import ground

LANGUAGES = ["en"]


def init(app: Flask) -> None:
    Babel(app, locale_selector=_locale, timezone_selector=lambda: ground().settings.timezone)
    app.context_processor(lambda: {"lang": str(get_locale()).replace("_", "-"),
                                   "dir": get_locale().text_direction})


def _locale() -> str | None:
    return request.accept_languages.best_match(LANGUAGES, "en") if has_request_context() else None
