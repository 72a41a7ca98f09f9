"""A contact sheet of forms: four looks and one that reads from the right, each at three
widths, framed and by itself.

`python -m tests.shots.sheet` writes one picture.
"""

import base64
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from app.accounts import facts
from app.accounts.models import Account
from tests.browser.window import open_browser
from tests.shots.stage import ARABIC, OUT, WIDTHS, Stage, stage

USUAL = ("first_name", "last_name")
MANY = ("first_name", "phone_number", "birthday", "anniversary", "address")


@dataclass(frozen=True)
class Look:
    """A form to be looked at, with everything wrong (`pressed`) or untouched."""

    name: str
    theme: dict[str, Any] = field(default_factory=dict)
    keys: tuple[str, ...] = USUAL
    custom: bool = False
    words: dict[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    pressed: bool = False
    device: str = "light"


LOOKS = (
    Look("ours"),
    Look(
        "orange, round, serif",
        {"accent": "#e07b00", "radius": 20, "font": "serif", "scheme": "light"},
        MANY,
    ),
    Look(
        "violet, square, typewriter, dark",
        {"accent": "#8e5bd6", "radius": 0, "font": "mono", "scheme": "dark"},
        custom=True,
    ),
    Look(
        "pale yellow, narrow, on a dark device",
        {
            "accent": "#ffe600",
            "radius": 8,
            "width": 360,
            "font": "rounded",
            "scheme": "auto",
        },
        pressed=True,
        device="dark",
    ),
    Look(
        "from the right",
        {"accent": "#1d6b3a", "radius": 12},
        keys=("first_name", "birthday", "address"),
        words={
            "heading": ARABIC,
            "intro": "وصفات وعروض، مرة في الشهر.",
            "button": "اشترك",
            "consent": "نعم، أرسلوا لي الأخبار بالبريد الإلكتروني.",
        },
        labels=("الاسم الأول", "عيد الميلاد", "العنوان"),
        pressed=True,
    ),
)


def main() -> None:
    OUT.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_browser() as browser,
        stage(Path(folder), signup_limits="1000 per minute") as made,
    ):
        with made.app.app_context():
            account = made.world.account()
            forms = [_made(made, account, look) for look in LOOKS]
        cells = [
            _row(browser, made, look, form_id)
            for look, form_id in zip(LOOKS, forms, strict=True)
        ]
        page = browser.new_page(viewport={"width": 2300, "height": 1000})
        page.set_content(
            "<style>body{margin:16px;background:#ccc;font:14px"
            " system-ui}div{display:flex;gap:12px;align-items:flex-start;margin:0 0"
            f" 24px}}</style>{''.join(cells)}"
        )
        page.screenshot(path=OUT / "forms.png", full_page=True)
    print(f"{len(LOOKS)} forms at {len(WIDTHS)} widths: open {OUT / 'forms.png'}")


def _made(made: Stage, account: Account, look: Look) -> str:
    words = dict(zip(look.keys, look.labels, strict=False))
    fields: list[dict[str, Any]] = [
        {
            "key": key,
            "label": words.get(key, key.replace("_", " ").capitalize()),
            "required": look.pressed,
        }
        for key in look.keys
    ]
    if look.custom:
        fields += [
            {
                "key": f"cf_{one.custom_field_id}",
                "custom_field_id": one.custom_field_id,
                "label": one.label,
                "required": False,
                "type": one.type,
                "help": "A word of help below the field.",
                "choices": list(one.details.get("choices", ())),
                "display": one.details.get("display_type", ""),
            }
            for one in facts.fields_of(account.id)
        ]
    return made.world.form(account, fields=fields, theme=look.theme, **look.words).id


def _row(browser: Browser, made: Stage, look: Look, form_id: str) -> str:
    pictures = ""
    for width in WIDTHS:
        for end in ("", "/embed"):
            page = browser.new_page(
                viewport={"width": width, "height": 700}, color_scheme=look.device
            )  # type: ignore[arg-type]
            page.goto(f"{made.url}/f/{form_id}{end}")
            if look.pressed:
                page.locator("form button").last.click()
                page.locator(".error-summary").wait_for()
            picture = base64.b64encode(page.screenshot(full_page=True)).decode()
            pictures += (
                f'<img width="{width * 0.42}" src="data:image/png;base64,{picture}">'
            )
            page.close()
    return f"<h2>{look.name}</h2><div>{pictures}</div>"


if __name__ == "__main__":
    main()
