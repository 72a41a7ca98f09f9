"""Choose the language and the time zone of a page, as Babel needs them."""

from functools import lru_cache
from zoneinfo import reset_tzpath

from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from app.services import services
from app.web import times

LANGUAGES = ["en"]

# The machine's zones may be years older than Babel's: then a time shown by one would
# not fit the zone's name that the other gives.
reset_tzpath(())


def init(app: Flask) -> None:
    """Set up Babel, and tell every template its language and direction."""
    Babel(
        app,
        locale_selector=_locale,
        timezone_selector=lambda: services().settings.timezone,
    )
    times.init(app)
    app.context_processor(
        lambda: {
            "lang": str(get_locale()).replace("_", "-"),
            "dir": get_locale().text_direction,
        }
    )


def language() -> str:
    """Return the language of ours that suits the browser best; English without one."""
    if not has_request_context():
        return _best("")
    return _best(request.headers.get("Accept-Language", ""))


def _locale() -> str | None:
    if not has_request_context():
        return None
    return language()


@lru_cache(1000)
def _best(accepted: str) -> str:
    return parse_accept_header(accepted, LanguageAccept).best_match(LANGUAGES, "en")
