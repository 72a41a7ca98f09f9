"""A form's own look, as custom properties of `form.css`: checked, and kept readable
whatever colour is chosen.

A stored theme is {"accent"?: "#rrggbb", "radius"?: px, "width"?: px, "font"?: of FONTS,
"scheme"?: of SCHEMES}; {} is our own look. Contrast is WCAG's: 1 to 21, 4.5 for words,
3 for the edges of what can be operated.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup

COLOUR = re.compile(r"#[0-9a-f]{6}")
RADIUS, WIDTH = range(25), range(280, 961)
FOR_WORDS, FOR_EDGES = 4.5, 3.0
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
LIGHT_SURFACE, DARK_SURFACE = "#ffffff", "#1f1d1a"  # as in form.css
OUR_ACCENT = "#0d5a61"
DARK = (  # what form.css says for dark screens
    "--page:#161513;--surface:#1f1d1a;--ink:#ece8e0;--muted:#b1a99b;--line:#37342e;--edge:#858074;"
    "--danger:#f89f94;--ok:#88d39d"
)
OUR_DARK_ACCENT = "--accent:#7accc7;--accent-strong:#a0e0db;--accent-ink:#06272a"


@dataclass(frozen=True)
class Reading:
    """How an accent reads: on white, and the words on a button of it. Ratios."""

    on_white: float
    ink: str  # "#ffffff" or "#000000", of the button's words
    on_button: float

    @property
    def words_are_white(self) -> bool:
        return self.ink == "#ffffff"


def colour(text: str) -> str | None:
    """`#rrggbb` in small letters for a colour as people write it (`#ABC`, `aabbcc`), or
    None.
    """
    digits = text.strip().lower().removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return f"#{digits}" if COLOUR.fullmatch(f"#{digits}") else None


def reading(accent: str) -> Reading:
    ink = max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, accent))
    return Reading(contrast(accent, LIGHT_SURFACE), ink, contrast(ink, accent))


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@lru_cache(1000)
def css(theme: str) -> Markup:
    """The text of a `<style>` for a stored theme (JSON); empty for our own look.

    What is not as we check it is left.
    """
    said = _checked(theme)
    everywhere = [f"--radius:{said['radius']}px"] if "radius" in said else []
    everywhere += [f"--width:{said['width']}px"] if "width" in said else []
    everywhere += [f"--font:{FONTS[said['font']]}"] if "font" in said else []
    light, dark = (
        _accent(said["accent"], ground) if "accent" in said else ""
        for ground in (LIGHT_SURFACE, DARK_SURFACE)
    )
    rules = _rule(":root", *everywhere, light)
    if said.get("scheme") == "dark":
        always = _rule(
            ":root[data-theme=dark]", "color-scheme:dark", DARK, dark or OUR_DARK_ACCENT
        )
        rules += f"@media screen{{{always}}}"
    elif dark:
        rules += (
            "@media screen and"
            f" (prefers-color-scheme:dark){{{_rule(':root:not([data-theme=light])', dark)}}}"
        )
    return Markup(rules)  # noqa: S704  # made of numbers, checked colours and the constants above


def mode(theme: str, framed: bool) -> str:
    """What `data-theme` says of a stored theme (JSON): "light", "dark", or "" for as
    the visitor's device is.

    Without a choice a framed form is light, since nobody knows the page around it.
    """
    scheme = _checked(theme).get("scheme", "light" if framed else "auto")
    return "" if scheme == "auto" else str(scheme)


def _checked(text: str) -> dict[str, Any]:
    """What of a stored theme (JSON) is as we make it; anything else could not have come
    from here.
    """
    theme = json.loads(text or "{}")
    if not isinstance(theme, Mapping):
        return {}
    good = {
        "accent": lambda value: isinstance(value, str) and COLOUR.fullmatch(value),
        "radius": RADIUS.__contains__,
        "width": WIDTH.__contains__,
        "font": FONTS.__contains__,
        "scheme": SCHEMES.__contains__,
    }
    return {
        name: value
        for name, value in theme.items()
        if name in good and good[name](value)
    }


def _accent(accent: str, surface: str) -> str:
    """An accent and what goes with it on this surface.

    In the dark it is lightened until its edge is seen.
    """
    if surface == DARK_SURFACE:
        accent = _until(accent, surface, FOR_EDGES)
    ink = reading(accent).ink
    strong = _mixed(accent, "#000000" if ink == "#ffffff" else "#ffffff", 0.2)
    return (
        f"--accent:{accent};--accent-strong:{strong};--accent-ink:{ink};"
        f"--accent-text:{_until(accent, surface, FOR_WORDS)}"
    )


def _until(colour: str, surface: str, enough: float) -> str:
    """The colour, moved away from the surface in small steps until it can be told from
    it.
    """
    away = "#000000" if _luminance(surface) > 0.5 else "#ffffff"
    return next(
        mixed
        for step in range(41)
        if contrast(mixed := _mixed(colour, away, step / 40), surface) >= enough
    )


def _rule(selector: str, *declarations: str) -> str:
    said = ";".join(filter(None, declarations))
    return f"{selector}{{{said}}}" if said else ""


def _mixed(one: str, other: str, share: float) -> str:
    """`one` with so much of `other` in it, 0 to 1."""
    return "#" + "".join(
        f"{round(a + (b - a) * share):02x}"
        for a, b in zip(_rgb(one), _rgb(other), strict=True)
    )


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in _rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
