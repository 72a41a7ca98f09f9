"""How much a visitor's browser has to load, compressed: on a phone at a bus stop every
kilobyte is waited for.
"""

import gzip
import re

from flask.testing import FlaskClient

from tests.house import ROOT
from tests.world import ONE_DATABASE, World

KILOBYTE = 1024
STATIC = ROOT / "static"


def weight(content: bytes) -> int:
    return len(gzip.compress(content))


@ONE_DATABASE
def test_a_framed_form_weighs_twelve_kilobytes_in_all(
    world: World, visitor: FlaskClient
) -> None:
    fields = [
        {"key": key, "label": key.replace("_", " ").capitalize(), "required": False}
        for key in ("first_name", "last_name", "company_name", "job_title")
    ]
    form = world.form(world.account(), fields=fields)
    page = visitor.get(f"/f/{form.id}/embed")
    named = set(re.findall(r'"/static/([^"?]+)', page.text))
    parts = {name: weight((STATIC / name).read_bytes()) for name in named}

    assert {"js/form.js", "js/frame.js", "js/proof.js", "css/form.css"} <= set(parts)
    assert weight(page.data) + sum(parts.values()) <= 12 * KILOBYTE


def test_the_solver_weighs_two_kilobytes_and_the_script_that_embeds_three() -> None:
    assert weight((STATIC / "js" / "proof.js").read_bytes()) <= 2 * KILOBYTE
    assert weight((STATIC / "embed" / "v1.js").read_bytes()) <= 3 * KILOBYTE
