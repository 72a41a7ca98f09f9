"""Looks to start from: themes that go well together, whatever the form asks.

Each accent reads on white and under its button's words at 4.5 to 1 or better.
"""

from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from app.forms import theme


@dataclass(frozen=True)
class Look:
    """A theme with a name; `scheme` is "" for light in other sites."""

    title: LazyString
    accent: str
    radius: int
    font: str = "system"
    scheme: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """Return what it sets in the builder, by input."""
        return {
            "accent": self.accent,
            "radius": self.radius,
            "font": self.font,
            "scheme": self.scheme,
        }

    @property
    def ink(self) -> str:
        """The color of the words on its button."""
        return theme.reading(self.accent).ink

    @property
    def surface(self) -> str:
        """The ground of its form."""
        if self.scheme == "dark":
            return theme.DARK_SURFACE
        return theme.LIGHT_SURFACE


LOOKS: dict[str, Look] = {
    "harbor": Look(_("Harbor"), theme.OUR_ACCENT, 8),
    "brick": Look(_("Brick"), "#a3341c", 2, "serif"),
    "berry": Look(_("Berry"), "#8a2457", 16, "rounded"),
    "forest": Look(_("Forest"), "#2b6433", 6, "serif"),
    "ink": Look(_("Ink"), "#1f2937", 0, "mono"),
    "night": Look(_("Night"), "#4f5fd6", 10, "system", "dark"),
}
