"""Which app is calling the token endpoint, and whether it proved it (contract 1.3)."""

import base64
import binascii
from collections.abc import Mapping

from app.simulator.errors import oauth_error, unknown_client
from app.simulator.models import App, Flow

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES: dict[Flow, tuple[str, ...]] = {
    "code": ("authorization_code", "refresh_token"),
    "pkce": ("authorization_code", "refresh_token"),
    "device": (DEVICE_CODE, "refresh_token"),
}
TWICE = (
    "Cannot supply multiple client credentials. Use one of the following: credentials"
    " in the Authorization header, credentials in the post body, or a client_assertion"
    " in the post body."
)


def named_client(
    header: str | None, sent: Mapping[str, str]
) -> tuple[str | None, str | None]:
    """Return the id and secret of the Basic header, or the id of the parameters."""
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
    return client_id, secret  # as they come: what is percent-encoded is another secret


def proven_app(
    apps: Mapping[str, App],
    sent: Mapping[str, str],
    client_id: str | None,
    secret: str | None,
) -> App:
    """Return the app with this id.

    It must have brought its own secret in the header, or none if it is public.
    """
    if not client_id:
        raise oauth_error("invalid_client", "No client credentials found.", 401)
    if client_id not in apps:
        raise unknown_client()
    app = apps[client_id]
    if not app.active or "client_secret" in sent or app.public != (secret is None):
        described = (
            "Client authentication failed. Either the client or the client credentials"
            " are invalid."
        )
        raise oauth_error("invalid_client", described, 401)
    if secret != app.client_secret:
        described = "The client secret supplied for a confidential client is invalid."
        raise oauth_error("invalid_client", described, 401)
    return app


def allow(app: App, grant_type: str) -> None:
    """400 in Okta's words when the app was not set up for this grant type."""
    configured = GRANT_TYPES[app.flow]
    if grant_type not in configured:
        described = (
            "The client is not authorized to use the provided grant type. "
            f"Configured grant types: [{', '.join(configured)}]."
        )
        raise oauth_error("unauthorized_client", described)
