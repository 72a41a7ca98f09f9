"""The camera: `python -m tests.shots` writes pictures, an index and one overview; with
parts of names, only those.
"""

import base64
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.window import open_browser
from tests.shots.furniture import furnish
from tests.shots.scenes import EMPTY, FULL, Scene
from tests.shots.stage import OUT, WIDTHS, Stage, stage

THEMES = ("light", "dark")
TALLEST = 2600  # pixels of a page that the overview shows


def main(wanted: list[str]) -> None:
    OUT.mkdir(exist_ok=True)
    shot: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        open_browser() as browser,
        stage(Path(folder)) as made,
    ):
        shot += _shoot(browser, made, EMPTY, wanted)
        made.names = furnish(made)
        shot += _shoot(browser, made, FULL, wanted)
        if not wanted:
            (OUT / "index.html").write_text(_index(shot))
            _overview(browser, shot)
    print(
        f"{len(shot)} pages, each at {len(WIDTHS)} widths, light and dark: open"
        f" {OUT / 'index.html'}"
    )


def _shoot(
    browser: Browser, made: Stage, scenes: Iterable[Scene], wanted: list[str]
) -> list[str]:
    chosen = [
        scene
        for scene in scenes
        if not wanted or any(part in scene.name for part in wanted)
    ]
    windows = {
        who: made.window(browser, who) for who in {scene.who for scene in chosen}
    }
    for scene in chosen:
        page = windows[scene.who].page
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="light")
        scene.play(page, made)
        _take(page, scene.name)
    for window in windows.values():
        for complaint in window.complaints:
            print(complaint, file=sys.stderr)
        window.close()
    return [scene.name for scene in chosen]


def _take(page: Page, name: str) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            page.screenshot(path=OUT / f"{name}-{width}-{theme}.png", full_page=True)


def _index(names: list[str]) -> str:
    """All pictures on one page, each a link to itself."""
    rows = "".join(
        f'<section id="{name}"><h2>{name}</h2><div>{_pictures(name)}</div></section>'
        for name in names
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<title>Latchkey, every page</title><style>"
        "body{font:14px system-ui;margin:24px;background:#ddd}"
        "div{display:flex;gap:12px;align-items:flex-start;overflow-x:auto}"
        "img{height:auto;box-shadow:0 0 0 1px #999}h2{font-size:16px}"
        f"</style><h1>Latchkey, every page</h1>{rows}"
    )


def _pictures(name: str) -> str:
    return "".join(
        f'<a href="{name}-{width}-{theme}.png"><img loading="lazy" width="{width // 3}"'
        f' alt="{name} at {width} pixels, {theme}"'
        f' src="{name}-{width}-{theme}.png"></a>'
        for width in WIDTHS
        for theme in THEMES
    )


def _overview(browser: Browser, names: list[str]) -> None:
    """One picture of everything: each page at desktop width in light and at phone width
    in dark.
    """
    page = browser.new_page(viewport={"width": 2400, "height": 1000})
    cells = "".join(
        f"<figure>{_inlined(name, 1280, 'light', 320)}{_inlined(name, 360, 'dark', 120)}"
        f"<figcaption>{name}</figcaption></figure>"
        for name in names
    )
    page.set_content(
        "<style>body{margin:16px;background:#ddd;font:13px"
        " system-ui;display:flex;flex-wrap:wrap;gap:16px}"
        "figure{margin:0;width:446px}img{vertical-align:top;margin-right:6px;object-fit:cover;"
        f"object-position:top;max-height:400px}}</style>{cells}"
    )
    page.screenshot(path=OUT / "overview.png", full_page=True)
    page.close()


def _inlined(name: str, width: int, theme: str, shown: int) -> str:
    picture = base64.b64encode(
        (OUT / f"{name}-{width}-{theme}.png").read_bytes()
    ).decode()
    return f'<img width="{shown}" src="data:image/png;base64,{picture}">'


if __name__ == "__main__":
    main(sys.argv[1:])
