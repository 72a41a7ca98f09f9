"""All that the simulator remembers, in one place."""

from dataclasses import dataclass, field

from app.simulator.activity import Activity, Ending
from app.simulator.models import (
    Account,
    App,
    Attempts,
    Code,
    Device,
    Grant,
    Login,
    Request,
    Session,
)


@dataclass
class State:
    """Everything a reset throws away and a state file keeps."""

    accounts: dict[str, Account] = field(default_factory=dict)
    logins: dict[str, Login] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    """By device code."""
    grants: dict[str, Grant] = field(default_factory=dict)
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    """Every refresh token ever given, to the id of its grant."""
    attempts: dict[str, Attempts] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    """Calls per `<client id> <UTC day>`."""
    activities: dict[str, Activity] = field(default_factory=dict)
    struck: dict[str, float] = field(default_factory=dict)
    """Magic addresses, to when they last made trouble."""
    endings: dict[str, Ending] = field(default_factory=dict)
    """How the next activity of an account ends, when not well."""
