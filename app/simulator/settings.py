"""What can be set on the simulator, and what the provider fixes (contract 0, 1.8)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ISSUER = "https://identity.constantcontact.com/oauth2/aus1lm3ry9mF7x2Ja0h8"
AUDIENCE = "https://api.cc.email/v3"
AUTHORIZE_PATH = "/oauth2/default/v1/authorize"
# where the first address redirects to, and what judges a request
JUDGE_PATH = "/oauth2/aus1lm3ry9mF7x2Ja0h8/v1/authorize"
TOKEN_PATH = "/oauth2/default/v1/token"
DEVICE_PATH = "/oauth2/default/v1/device/authorize"
KEYS_PATH = "/oauth2/aus1lm3ry9mF7x2Ja0h8/v1/keys"

REFRESH_TOKEN_LIFE = 180 * 86_400
DEVICE_CODE_LIFE = 600
POLL_INTERVAL = 5
ABUSE_WINDOW = 86_400
ABUSE_FLAG = 2 * 86_400
REQUESTS_KEPT = 20_000
MAX_QUEUED = 1_000
ACTIVITIES_KEPT = 10 * 86_400

DEFAULT_REDIRECT_URIS = (
    "http://127.0.0.1:8000/connect/callback",
    "http://localhost:8000/connect/callback",
)

TokenInfo = Literal[
    "on",
    "forbidden",
    "gone",
    "gateway_403",
    "gateway_404",
    "gateway_405",
    "gateway_410",
]


@dataclass(frozen=True)
class SimulatorSettings:
    """How strict and how quick the simulator is; the defaults are the provider's.

    Times in seconds.
    """

    calls_per_second: float | None = 4
    calls_per_day: int | None = 10_000
    token_calls_per_second: float | None = 1
    expires_in: int = 86_400
    code_life: int = 300
    grace: int = 0
    """How long a rotated-out refresh token still works."""
    mfa: bool = False
    abuse_limit: int | None = 5
    """Sign-ups of an address in an account within 24 hours; None switches this off."""
    second_grant_replaces: bool = True
    """Whether a second consent for an app and account ends the first refresh token."""
    write_time: float = 0.0
    """How long a write to a contact takes; meanwhile another one to it answers 409."""
    token_info: TokenInfo = "on"
    """What POST /v3/token_info does: answer, refuse, or be gone.

    `gateway_…`: gone for good, in the words of a gateway.
    """
    conflict_prefix: bool = False
    """Whether the words of a 409 begin with "Validation failed: ", as in 2022."""
    import_wait: float = 2.0
    """How long a bulk import is queued before its rows are worked off."""
    import_rows_per_second: float | None = 1_000
    """None works all of them off at once."""
    state_file: Path | None = None
    redirect_uris: tuple[str, ...] = ()
    """Registered for every app that has any beside DEFAULT_REDIRECT_URIS."""


def registered(settings: SimulatorSettings) -> list[str]:
    """The redirect URIs that apps start with, but for devices."""
    return list(dict.fromkeys([*DEFAULT_REDIRECT_URIS, *settings.redirect_uris]))


CHANGEABLE = tuple(
    name
    for name in SimulatorSettings.__dataclass_fields__
    if name not in ("state_file", "redirect_uris")
)
