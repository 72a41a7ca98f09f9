"""A form's own look, as custom properties of `form.css`.

A stored theme is {"accent"?: "#rrggbb", "radius"?: px, "width"?: px, "font"?: of FONTS,
"scheme"?: of SCHEMES}; {} is our own look. It is checked when it is read too, and stays
readable whatever colour is chosen. Contrast is WCAG's: 1 to 21, 4.5 for words, 3 for
the edges of what can be operated.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup

COLOUR = re.compile(r"#[0-9a-f]{6}")
# Pixels.
RADIUS = range(25)
WIDTH = range(280, 961)
# The least contrast.
FOR_WORDS = 4.5
FOR_EDGES = 3.0
SCHEMES = ("auto", "light", "dark")
FONTS = {
    "system": 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif',
    "serif": (
        '"Iowan Old Style","Palatino Linotype",Palatino,"Noto Serif",Georgia,serif'
    ),
    "rounded": (
        'ui-rounded,"SF Pro Rounded","Hiragino Maru Gothic'
        ' ProN",Quicksand,Nunito,Verdana,sans-serif'
    ),
    "mono": (
        'ui-monospace,"SF Mono","Cascadia Mono","DejaVu Sans'
        ' Mono",Menlo,Consolas,monospace'
    ),
}
WHITE = "#ffffff"
BLACK = "#000000"
# These are as in form.css.
LIGHT_SURFACE = "#ffffff"
DARK_SURFACE = "#1f1d1a"
OUR_ACCENT = "#0d5a61"
DARK = (
    "--page:#161513;--surface:#1f1d1a;--ink:#ece8e0;--muted:#b1a99b;--line:#37342e;"
    "--edge:#858074;--danger:#f89f94;--ok:#88d39d"
)
OUR_DARK_ACCENT = "--accent:#7accc7;--accent-strong:#a0e0db;--accent-ink:#06272a"
STEPS = 40  # from a colour to white or black


@dataclass(frozen=True)
class Reading:
    """How well an accent reads: on white, and the words on a button of it. Ratios."""

    on_white: float
    ink: str  # of the button's words, WHITE or BLACK
    on_button: float

    @property
    def words_are_white(self) -> bool:
        return self.ink == WHITE


def colour(text: str) -> str | None:
    """Return `#rrggbb` for a colour as people write it (`#ABC`, `aabbcc`), or None."""
    digits = text.strip().lower().removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    written = f"#{digits}"
    if COLOUR.fullmatch(written):
        return written
    return None


def reading(accent: str) -> Reading:
    """Choose the ink of a button in this colour, and measure how well both read."""
    ink = max((WHITE, BLACK), key=lambda ink: contrast(ink, accent))
    return Reading(
        on_white=contrast(accent, LIGHT_SURFACE),
        ink=ink,
        on_button=contrast(ink, accent),
    )


def contrast(one: str, other: str) -> float:
    """Return WCAG's contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@lru_cache(1000)
def css(theme: str) -> Markup:
    """Return the text of a `<style>` for a stored theme (JSON), "" for our own look.

    Parts that would not pass the builder's checks are left out.
    """
    chosen = _checked(theme)
    light = ""
    dark = ""
    if "accent" in chosen:
        light = _accent(chosen["accent"], LIGHT_SURFACE)
        dark = _accent(chosen["accent"], DARK_SURFACE)
    rules = _rule(":root", *_sizes_and_font(chosen), light)
    if chosen.get("scheme") == "dark":
        always = _rule(
            ":root[data-theme=dark]", "color-scheme:dark", DARK, dark or OUR_DARK_ACCENT
        )
        rules += f"@media screen{{{always}}}"
    elif dark:
        unless_light = _rule(":root:not([data-theme=light])", dark)
        rules += f"@media screen and (prefers-color-scheme:dark){{{unless_light}}}"
    # numbers, checked colours and the constants above: nothing that anybody typed
    return Markup(rules)  # noqa: S704


def mode(theme: str, framed: bool) -> str:
    """Return the `data-theme` of a stored theme (JSON): "light", "dark" or "".

    "" leaves it to the visitor's device. Without a choice a framed form is light, since
    nobody knows the page around it.
    """
    scheme = _checked(theme).get("scheme")
    if scheme is None and framed:
        return "light"
    if scheme in (None, "auto"):
        return ""
    return str(scheme)


def _checked(text: str) -> dict[str, Any]:
    """Return the parts of a stored theme (JSON) that are as the builder makes them."""
    theme = json.loads(text or "{}")
    if not isinstance(theme, Mapping):
        return {}
    checks = {
        "accent": lambda value: isinstance(value, str) and COLOUR.fullmatch(value),
        "radius": RADIUS.__contains__,
        "width": WIDTH.__contains__,
        "font": FONTS.__contains__,
        "scheme": SCHEMES.__contains__,
    }
    good = {}
    for name, is_good in checks.items():
        if name in theme and is_good(theme[name]):
            good[name] = theme[name]
    return good


def _sizes_and_font(chosen: dict[str, Any]) -> list[str]:
    declarations = []
    if "radius" in chosen:
        declarations.append(f"--radius:{chosen['radius']}px")
    if "width" in chosen:
        declarations.append(f"--width:{chosen['width']}px")
    if "font" in chosen:
        declarations.append(f"--font:{FONTS[chosen['font']]}")
    return declarations


def _accent(accent: str, surface: str) -> str:
    """Return the declarations of an accent and what goes with it on this surface.

    On the dark one it is lightened until its edge can be seen.
    """
    if surface == DARK_SURFACE:
        accent = _moved_until(accent, surface, FOR_EDGES)
    ink = reading(accent).ink
    away_from_ink = BLACK if ink == WHITE else WHITE
    strong = _mixed(accent, away_from_ink, 0.2)
    text = _moved_until(accent, surface, FOR_WORDS)
    return (
        f"--accent:{accent};--accent-strong:{strong};--accent-ink:{ink};"
        f"--accent-text:{text}"
    )


def _moved_until(colour: str, surface: str, enough: float) -> str:
    """Return the colour moved away from the surface until the contrast is enough."""
    away = BLACK if _luminance(surface) > 0.5 else WHITE
    for step in range(STEPS):
        mixed = _mixed(colour, away, step / STEPS)
        if contrast(mixed, surface) >= enough:
            return mixed
    return away


def _rule(selector: str, *declarations: str) -> str:
    stated = ";".join(filter(None, declarations))
    if not stated:
        return ""
    return f"{selector}{{{stated}}}"


def _mixed(one: str, other: str, share: float) -> str:
    """Return `one` with a share of `other` in it, 0 to 1."""
    mixed = "#"
    for of_one, of_other in zip(_rgb(one), _rgb(other), strict=True):
        mixed += f"{round(of_one + (of_other - of_one) * share):02x}"
    return mixed


def _luminance(colour: str) -> float:
    red, green, blue = map(_linear, _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: int) -> float:
    """Return a part of sRGB, 0 to 255, as linear light, 0 to 1."""
    if part <= 10:
        return part / 255 / 12.92
    return float(((part / 255 + 0.055) / 1.055) ** 2.4)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
