"""What other pages load from us: the script, of which no version ever goes, and the QR
code.
"""

import gzip
import re
import xml.etree.ElementTree as xml
from base64 import b64encode
from hashlib import sha256, sha384
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.signups import embed
from tests.house import ROOT
from tests.world import ONE_DATABASE, World

SCRIPTS = ROOT / "static" / "embed"
# Every version that was ever pasted somewhere. A line here is a promise: add one, never
# take one away.
PUBLISHED = ["v1.6183f18b9ae3.js"]
MAX = 3 * 1024  # bytes of the script, compressed


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_script_is_there_for_ever_and_never_changes(name: str) -> None:
    digest = sha256((SCRIPTS / name).read_bytes()).hexdigest()

    assert name == f"v1.{digest[:12]}.js"


def test_the_newest_script_is_published() -> None:
    name = f"v1.{sha256((SCRIPTS / 'v1.js').read_bytes()).hexdigest()[:12]}.js"

    assert PUBLISHED[-1] == name, (
        f"cp static/embed/v1.js static/embed/{name}, and add its name here"
    )
    assert {path.name for path in SCRIPTS.iterdir()} == {"v1.js", *PUBLISHED}


def test_the_script_weighs_next_to_nothing() -> None:
    assert len(gzip.compress((SCRIPTS / "v1.js").read_bytes())) <= MAX


@ONE_DATABASE
def test_the_script_is_served_to_any_site_shortly_kept_and_under_its_lasting_name_for_a_year(
    world: World, visitor: FlaskClient
) -> None:
    with (
        visitor.get("/embed/v1.js") as newest,
        visitor.get(f"/embed/{PUBLISHED[-1]}") as lasting,
    ):
        bodies = {newest.data, lasting.data}
    with visitor.get(
        "/embed/v1.js", headers={"If-None-Match": newest.headers["ETag"]}
    ) as known:
        pass

    assert bodies == {(SCRIPTS / "v1.js").read_bytes()}
    assert newest.headers["Cache-Control"] == "public, max-age=3600"
    assert lasting.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert known.status_code == 304
    for answer in (newest, lasting):
        assert answer.mimetype == "text/javascript"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Set-Cookie" not in answer.headers


@ONE_DATABASE
@pytest.mark.parametrize(
    "name",
    [
        "v2.js",
        "v1.000000000000.js",
        "v1.../page.js",
        "v1.js.js",
        "v1.%2e%2e.js",
        "v1..js",
    ],
)
def test_no_other_script_is_there(
    world: World, visitor: FlaskClient, name: str
) -> None:
    assert visitor.get(f"/embed/{name}").status_code == 404


@ONE_DATABASE
def test_a_page_can_pin_the_script_by_the_digest_in_the_snippet(world: World) -> None:
    form = world.form(world.account())
    digest = b64encode(sha384((SCRIPTS / PUBLISHED[-1]).read_bytes()).digest()).decode()

    page = (
        world.signed_in()
        .get(f"/forms/{form.id}/share")
        .text.replace("&#34;", '"')
        .replace("&#43;", "+")
    )

    assert embed.newest() == embed.Script(PUBLISHED[-1], f"sha384-{digest}")
    assert (
        f'/embed/{PUBLISHED[-1]}" integrity="sha384-{digest}" crossorigin="anonymous"'
        " async" in page
    )


@ONE_DATABASE
def test_the_qr_code_is_a_picture_that_anybody_may_keep(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    answer = visitor.get(f"/f/{form.id}/qr.svg")
    picture = xml.fromstring(answer.data)

    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert picture.tag.endswith("svg")
    assert not re.search(r"<script|style=|href", answer.text)
    assert len(answer.data) < 20_000
    assert visitor.get("/f/nowhere/qr.svg").status_code == 404


def test_every_file_of_the_frame_is_ours(tmp_path: Path) -> None:
    """Nothing in the two scripts leads anywhere but to the form's own address."""
    for path in (SCRIPTS / "v1.js", ROOT / "static" / "js" / "frame.js"):
        assert re.findall(r"https?://[\w.]+", path.read_text()) == []
        assert not re.search(
            r"\b(eval|innerHTML|document\.cookie|localStorage|fetch)\b",
            path.read_text(),
        )
