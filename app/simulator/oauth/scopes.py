"""The scopes that exist, and what each means to somebody who is asked for it."""

SCOPES = {
    "contact_data": "See and change your contacts, lists, custom fields and tags",
    "account_read": "See your account details, such as your organization's name",
    "account_update": "Change your account details",
    "campaign_data": "See and change your email campaigns and their reports",
    "offline_access": "Stay connected when you are not here",
    "openid": "Know who you are",
}
API_SCOPES = ("account_read", "account_update", "contact_data", "campaign_data")
NOT_CONFIGURED = (
    "One or more scopes are not configured for the authorization server resource."
)


def scopes_in(scope: str) -> list[str]:
    """Each scope of a `scope` parameter once, in the order asked for."""
    return list(dict.fromkeys(scope.split(" ")))


def unknown(scope: str) -> set[str]:
    """What a `scope` parameter asks for that does not exist."""
    return set(scopes_in(scope)) - set(SCOPES)
