"""What can be set on the simulator, and what the provider fixes (contract 0, 1.8)."""

from dataclasses import dataclass
from pathlib import Path

ISSUER = "https://identity.constantcontact.com/oauth2/aus1lm3ry9mF7x2Ja0h8"
AUDIENCE = "https://api.cc.email/v3"
AUTHORIZE_PATH = "/oauth2/default/v1/authorize"
TOKEN_PATH = "/oauth2/default/v1/token"
KEYS_PATH = "/oauth2/aus1lm3ry9mF7x2Ja0h8/v1/keys"

REFRESH_TOKEN_LIFE = 180 * 86_400
ABUSE_WINDOW = 86_400
ABUSE_FLAG = 2 * 86_400
REQUESTS_KEPT = 20_000

DEFAULT_REDIRECT_URIS = (
    "http://127.0.0.1:8000/connect/callback",
    "http://localhost:8000/connect/callback",
)


@dataclass(frozen=True)
class SimulatorSettings:
    """How strict and how quick the simulator is; the defaults are the provider's. Times in seconds."""

    calls_per_second: float | None = 4
    calls_per_day: int | None = 10_000
    token_calls_per_second: float | None = 1
    expires_in: int = 86_400
    code_life: int = 300
    grace: int = 0
    """How long a rotated-out refresh token still works."""
    mfa: bool = False
    abuse_limit: int | None = 5
    """Sign-ups of one address in one account in 24 hours before it is refused; None switches the rule off."""
    second_grant_replaces: bool = True
    """Whether a second consent for the same app and account ends the first refresh token."""
    write_time: float = 0.0
    """How long a write to a contact takes, during which a second write to it answers 409."""
    state_file: Path | None = None
    redirect_uris: tuple[str, ...] = ()
    """Registered for both apps beside DEFAULT_REDIRECT_URIS."""


def registered(settings: SimulatorSettings) -> list[str]:
    """The redirect URIs that both apps start with."""
    return list(dict.fromkeys([*DEFAULT_REDIRECT_URIS, *settings.redirect_uris]))


CHANGEABLE = tuple(
    name for name in SimulatorSettings.__dataclass_fields__ if name not in ("state_file", "redirect_uris")
)
