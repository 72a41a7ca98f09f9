"""The scopes that exist, and what each means to somebody who is asked for it."""

SCOPES = {
    "contact_data": "See and change your contacts, lists, custom fields and tags",
    "account_read": "See your account details, such as your organization's name",
    "account_update": "Change your account details",
    "campaign_data": "See and change your email campaigns and their reports",
    "offline_access": "Stay connected when you are not here",
    "openid": "Know who you are",
}
