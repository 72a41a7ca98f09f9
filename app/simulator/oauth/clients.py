"""Which app is calling the token endpoint, and whether it proved it (contract 1.3)."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from urllib.parse import unquote

from app.simulator.errors import oauth_error, unknown_client
from app.simulator.models import App

TWICE = (
    "Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization "
    "header, credentials in the post body, or a client_assertion in the post body."
)


def named_client(header: str | None, sent: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The client id and secret of the Basic header, or the id alone from the parameters."""
    if header is None:
        return sent.get("client_id"), None
    if "client_id" in sent or "client_secret" in sent:
        raise oauth_error("invalid_request", TWICE)
    return _basic(header)


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    client_id, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise oauth_error("invalid_request", "The authorization header is malformed.")
    return unquote(client_id), unquote(secret)


def proven_app(apps: Mapping[str, App], client_id: str | None, secret: str | None) -> App:
    """The app with this id, when it brought its own secret in the header."""
    if not client_id:
        raise oauth_error("invalid_client", "No client credentials found.", 401)
    if client_id not in apps:
        raise unknown_client()
    app = apps[client_id]
    if not app.active or secret is None:
        described = "Client authentication failed. Either the client or the client credentials are invalid."
        raise oauth_error("invalid_client", described, 401)
    if not hmac.compare_digest(secret.encode(), app.client_secret.encode()):
        described = "The client secret supplied for a confidential client is invalid."
        raise oauth_error("invalid_client", described, 401)
    return app
