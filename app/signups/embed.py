"""What other pages load: the script that frames a form, every version of it for ever,
and the picture of an address.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256, sha384
from pathlib import Path

import qrcode
from flask import Response, abort, current_app, send_from_directory
from qrcode.image.svg import SvgPathFillImage

from app.services import services
from app.signups import blueprint, form_cache
from app.signups.form_cache import kept
from app.web import access, headers

DIGEST = re.compile("[0-9a-f]{12}")
FOLDER = "embed"  # of static files
NEWEST = "v1.js"
AN_HOUR, A_DAY, A_YEAR = 3600, 86_400, 31_536_000  # seconds


@dataclass(frozen=True)
class Script:
    """The newest script: its lasting name, and what `integrity` must say of it."""

    name: str
    integrity: str


@blueprint.get(f"{access.EMBEDS}/{NEWEST}")
@access.public
def newest_script() -> Response:
    """Send the script as it is now: an address that follows what we mend."""
    return _script(NEWEST, f"public, max-age={AN_HOUR}")


@blueprint.get(f"{access.EMBEDS}/v1.<digest>.js")
@access.public
def lasting_script(digest: str) -> Response:
    """Send a script that stays as it is, so that a page can pin it."""
    if not DIGEST.fullmatch(digest):
        abort(404)
    return _script(f"v1.{digest}.js", f"public, max-age={A_YEAR}, immutable")


@blueprint.get(f"{access.VISITORS}/<form_id>/qr.svg")
@access.public
def qr(form_id: str) -> Response:
    """Draw the address of the hosted form as a QR code, dark on white."""
    form = form_cache.recent(form_id)
    if form is None or form.deleted_at:
        abort(404)
    headers.allow_keeping(f"public, max-age={A_DAY}")
    address = f"{services().settings.public_url}{access.VISITORS}/{form_id}"
    return Response(
        kept(("qr", address), lambda: _picture(address)), mimetype="image/svg+xml"
    )


def newest() -> Script:
    """Describe the script that is pasted from today on."""
    return kept("embed script", lambda: _described((_folder() / NEWEST).read_bytes()))


def _script(name: str, how_long: str) -> Response:
    answer = send_from_directory(_folder(), name, mimetype="text/javascript")
    headers.allow_keeping(how_long)
    answer.headers["Access-Control-Allow-Origin"] = "*"  # `integrity` needs it
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _described(script: bytes) -> Script:
    return Script(
        f"v1.{sha256(script).hexdigest()[:12]}.js",
        f"sha384-{b64encode(sha384(script).digest()).decode()}",
    )


def _folder() -> Path:
    return Path(current_app.static_folder or "") / FOLDER


def _picture(address: str) -> bytes:
    picture: bytes = qrcode.make(address, image_factory=SvgPathFillImage).to_string()
    return picture
