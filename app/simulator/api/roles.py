"""What each role may do (contract 3)."""

from app.simulator.models import Login, Role

PRIVILEGES = {
    "account:read": 1001,
    "account:update": 1002,
    "contacts:read": 2001,
    "contacts:write": 2002,
    "contacts:lists:read": 2003,
    "contacts:lists:write": 2004,
    "campaign:read": 3001,
    "campaign:write": 3002,
    "campaign:send": 3003,
    "campaign:delete": 3004,
    "ui:campaign:metrics": 3005,
}
EVERYTHING = tuple(PRIVILEGES)
ROLES: dict[Role, tuple[str, ...]] = {
    "account_owner": EVERYTHING,
    "account_manager": EVERYTHING,
    "campaign_creator": (
        "account:read",
        "contacts:lists:read",
        "campaign:read",
        "campaign:write",
    ),
}


def privileges(login: Login) -> tuple[str, ...]:
    """The names; a login without an account has none."""
    return ROLES[login.role] if login.account else ()
