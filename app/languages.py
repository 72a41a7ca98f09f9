"""Which language and time zone a page speaks. Every string goes through here; translations live in `translations/`."""

from datetime import datetime
from zoneinfo import ZoneInfo, reset_tzpath

from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale

from app.ground import ground

LANGUAGES = ["en"]

reset_tzpath(())  # the machine's zones may be years older than Babel's: an hour would not fit the name beside it


def init(app: Flask) -> None:
    Babel(app, locale_selector=_locale, timezone_selector=lambda: ground().settings.timezone)
    app.add_template_filter(_zone, "zone")
    app.context_processor(lambda: {"lang": str(get_locale()).replace("_", "-"),
                                   "dir": get_locale().text_direction})


def _zone(moment: datetime) -> str:
    """What our zone is called at that moment: CET in winter, CEST in summer; UTC-03 where it has no name but -03."""
    name = moment.astimezone(ZoneInfo(ground().settings.timezone)).strftime("%Z")
    return f"UTC{name}" if name.startswith(("+", "-")) else name


def _locale() -> str | None:
    return request.accept_languages.best_match(LANGUAGES, "en") if has_request_context() else None
