"""Say how well a colour reads, while it is being chosen."""

from dataclasses import dataclass
from math import floor

from flask import render_template, request
from flask_babel import format_decimal, gettext

from app.dashboard import blueprint
from app.forms import theme
from app.web import access


@dataclass(frozen=True)
class Contrast:
    """A colour's grade, and how it reads, in two sentences."""

    grade: str
    icon: str
    on_page: str
    on_button: str


@blueprint.get("/forms/contrast")
@access.admin
def contrast() -> str:
    """Render the sentences on a colour, as a part of a page."""
    accent = request.args.get("accent", "")
    return render_template(
        "dashboard/forms/_contrast.html", contrast=contrast_of(accent)
    )


def contrast_of(typed: str) -> Contrast | None:
    """Judge a colour as it was typed, or ours when nothing was; None for no colour."""
    accent = theme.OUR_ACCENT
    if typed.strip():
        accent = theme.colour(typed) or ""
    if not accent:
        return None
    reading = theme.reading(accent)
    ratio = _rounded_down(reading.on_white)
    on_button = gettext(
        "The button’s words are black on it (%(ratio)s to 1).",
        ratio=_rounded_down(reading.on_button),
    )
    if reading.words_are_white:
        on_button = gettext(
            "The button’s words are white on it (%(ratio)s to 1).",
            ratio=_rounded_down(reading.on_button),
        )
    if reading.on_white >= theme.FOR_WORDS:
        on_page = gettext(
            "Reads well on white: %(ratio)s to 1, where 4.5 is enough.", ratio=ratio
        )
        return Contrast("good", "circle-check", on_page, on_button)
    if reading.on_white >= theme.FOR_EDGES:
        on_page = gettext(
            "Enough for the button, not for words: %(ratio)s to 1 on white, where words"
            " need 4.5. Links are shown darker.",
            ratio=ratio,
        )
        return Contrast("fair", "info", on_page, on_button)
    on_page = gettext(
        "Too pale for white: %(ratio)s to 1, where words need 4.5. The button gets a"
        " darker edge, and links are shown darker.",
        ratio=ratio,
    )
    return Contrast("weak", "alert", on_page, on_button)


def _rounded_down(ratio: float) -> str:
    # 4.49 is not yet 4.5
    return str(format_decimal(floor(10 * ratio) / 10))
