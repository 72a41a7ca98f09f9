"""Which language and time zone a page speaks.

Every string goes through here; translations live in `translations/`.
"""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, reset_tzpath

from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from app.services import services

LANGUAGES = ["en"]

# the machine's zones may be years older than Babel's: an hour would not fit the name
# beside it
reset_tzpath(())


def init(app: Flask) -> None:
    Babel(
        app,
        locale_selector=_locale,
        timezone_selector=lambda: services().settings.timezone,
    )
    app.add_template_filter(_zone, "zone")
    app.context_processor(
        lambda: {
            "lang": str(get_locale()).replace("_", "-"),
            "dir": get_locale().text_direction,
        }
    )


def _zone(moment: datetime) -> str:
    """What our zone is called at that moment: CET in winter, CEST in summer; UTC-03
    where it has no name but -03.
    """
    name = moment.astimezone(ZoneInfo(services().settings.timezone)).strftime("%Z")
    return f"UTC{name}" if name.startswith(("+", "-")) else name


def language() -> str:
    """The one of ours that suits this request's browser best; English where there is no
    request.
    """
    return _best(
        request.headers.get("Accept-Language", "") if has_request_context() else ""
    )


def _locale() -> str | None:
    return language() if has_request_context() else None


@lru_cache(1000)
def _best(accepted: str) -> str:
    return parse_accept_header(accepted, LanguageAccept).best_match(LANGUAGES, "en")
