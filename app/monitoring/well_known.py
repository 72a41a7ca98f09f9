"""What search engines and people who found a hole look for at every site."""

from datetime import timedelta

from flask import Blueprint, Response, abort

from app.services import services
from app.web import access

blueprint = Blueprint("well_known", __name__)
ROBOTS = """\
# Nothing here is for search engines. Every page says so by X-Robots-Tag, which they
# have to be able to read, so none is closed to them.
User-agent: *
Disallow:
"""
GOOD_FOR = timedelta(days=180)  # RFC 9116 recommends less than a year


@blueprint.get("/robots.txt")
@access.public
def robots() -> Response:
    """Tell search engines that they may read that nothing is for them."""
    return Response(ROBOTS, mimetype="text/plain")


@blueprint.get("/.well-known/security.txt")
@access.public
def security() -> Response:
    """Say who is told of a hole (RFC 9116); 404 when nobody is named."""
    settings = services().settings
    contact = settings.security_contact
    if not contact and settings.mails:
        contact = settings.mail_sender
    if not contact:
        abort(404)
    if "://" not in contact:
        contact = f"mailto:{contact}"
    expires = services().clock.now() + GOOD_FOR
    lines = [
        f"Contact: {contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings.public_url}/.well-known/security.txt",
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")
