"""A theme is words that browsers can read, whatever colour was chosen, and nothing else
gets into the page's style.
"""

import json
import re

import pytest

from app.forms import sites, theme

COLOURS = [
    "#0d5a61",
    "#ffd54a",
    "#ffffff",
    "#000000",
    "#808080",
    "#e4572e",
    "#123456",
    "#ff00ff",
    "#7fff00",
]


def said(css: str, within: str) -> dict[str, str]:
    """The custom properties of the last rule whose selector is this."""
    rule = css.rsplit(f"{within}{{", 1)[1].split("}")[0]
    return dict(re.findall(r"(--[a-z-]+):([^;]+)", rule))


@pytest.mark.parametrize("accent", COLOURS)
def test_every_accent_can_be_read_in_the_light_and_in_the_dark(accent: str) -> None:
    css = theme.css(json.dumps({"accent": accent}))

    for rule, surface in (
        (":root", theme.LIGHT_SURFACE),
        (":root:not([data-theme=light])", theme.DARK_SURFACE),
    ):
        colours = (
            said(css, rule) if rule != ":root" else said(css.split("@media")[0], rule)
        )
        assert theme.contrast(colours["--accent-ink"], colours["--accent"]) >= 4.5
        assert (
            theme.contrast(colours["--accent-ink"], colours["--accent-strong"]) >= 4.5
        )
        assert theme.contrast(colours["--accent-text"], surface) >= 4.5
    assert said(css.split("@media")[0], ":root")["--accent"] == accent
    assert (
        theme.contrast(
            said(css, ":root:not([data-theme=light])")["--accent"], theme.DARK_SURFACE
        )
        >= 3
    )


def test_contrast_is_the_ratio_of_wcag() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert theme.reading("#ffd54a").words_are_white is False
    assert theme.reading("#0d5a61").words_are_white is True


def test_our_own_look_needs_no_style_and_a_chosen_one_is_said_in_custom_properties() -> (
    None
):
    css = theme.css(json.dumps({"radius": 0, "width": 480, "font": "serif"}))

    assert theme.css("{}") == ""
    assert css.startswith(":root{--radius:0px;--width:480px;--font:")
    assert "@media" not in css


@pytest.mark.parametrize(
    "bad",
    [
        {"accent": "red"},
        {"accent": "#12345"},
        {"accent": "#000;}body{display:none"},
        {"accent": 7},
        {"radius": 25},
        {"radius": "8"},
        {"radius": "8px}</style><script>"},
        {"width": 1e9},
        {"font": "Comic Sans"},
        {"scheme": "pink"},
        {"other": "x"},
        {"accent": "#0d5a61\n"},
    ],
)
def test_what_is_no_theme_of_ours_gets_into_no_style(bad: dict[str, object]) -> None:
    assert theme.css(json.dumps(bad)) == ""
    assert theme.mode(json.dumps(bad), framed=False) == ""


def test_without_a_choice_a_frame_is_light_and_a_choice_holds_everywhere() -> None:
    modes = {
        scheme: (
            theme.mode(json.dumps({"scheme": scheme} if scheme else {}), framed=False),
            theme.mode(json.dumps({"scheme": scheme} if scheme else {}), framed=True),
        )
        for scheme in ("", "auto", "light", "dark")
    }

    assert modes == {
        "": ("", "light"),
        "auto": ("", ""),
        "light": ("light", "light"),
        "dark": ("dark", "dark"),
    }
    assert "color-scheme:dark" in theme.css('{"scheme": "dark"}')


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("#ABC", "#aabbcc"),
        (" e4572e ", "#e4572e"),
        ("#E4572E", "#e4572e"),
        ("red", None),
        ("#12", None),
        ("", None),
    ],
)
def test_a_colour_is_taken_as_people_write_it(typed: str, meant: str | None) -> None:
    assert theme.colour(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://example.com", "https://example.com"),
        ("HTTPS://Example.COM:443/page?x=1#y", "https://example.com"),
        ("example.com", "https://example.com"),
        (" shop.example.com:8443 ", "https://shop.example.com:8443"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://example.com.", "https://example.com"),
        ("http://example.com", None),
        ("javascript:alert(1)", None),
        ("https://", None),
        ("*", None),
        ("https://*.example.com", None),
        ("https://user:pass@example.com", None),
        ("https://exa mple.com", None),
        ("https://example.com:99999", None),
        ("https://example.com;script-src *", None),
        ("data:text/html,x", None),
        ("https://[::1", None),
        ("intranet", None),
    ],
)
def test_a_site_is_kept_as_browsers_name_it(typed: str, meant: str | None) -> None:
    assert sites.origin(typed) == meant


def test_lines_that_are_no_site_are_told_apart() -> None:
    assert sites.origins(
        "example.com\n\nhttps://example.com/x\nftp://old.example\n"
    ) == (["https://example.com"], ["ftp://old.example"])


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("https://example.com/privacy?x=1", True),
        ("http://example.com", False),
        ("example.com", False),
        ("https://example.com/a b", False),
        ("javascript:alert(1)", False),
        ("https://example.com/\n", False),
    ],
)
def test_a_page_is_named_by_its_whole_https_address(text: str, fine: bool) -> None:
    assert sites.is_page(text) is fine


@pytest.mark.parametrize("stored", ["null", "[]", '"red"', "7", ""])
def test_a_theme_that_is_none_of_ours_is_our_own_look(stored: str) -> None:
    assert (theme.css(stored), theme.mode(stored, framed=False)) == ("", "")
