"""What whoever runs this installation reads.

It is about the API key, the signatures of tokens, and who may sign in.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

# How a try of the API key without a browser ended; for the setup page and the doctor.
API_KEY_CHECKS: dict[str, LazyString] = {
    "accepted": _("Constant Contact accepts this API key and secret."),
    "client_refused": _(
        "Constant Contact doesn’t accept this API key with this secret. Copy both from"
        " the developer portal again. If you created a new secret there, the old one no"
        " longer works. An application from before April 2022 can’t be used: create a"
        " new one."
    ),
    "nonsense": _(
        "CTCT_AUTH_URL answered, but not as Constant Contact’s sign-in does, so"
        " Latchkey couldn’t test the API key. Check that address."
    ),
    "unreachable": _(
        "Latchkey couldn’t reach Constant Contact, so it couldn’t test the API key."
        " Check for a firewall in between."
    ),
    "throttled": _(
        "Constant Contact asked Latchkey to slow down, so it couldn’t test the API key."
        " Try again in a moment."
    ),
    "unclear": _(
        "Constant Contact’s answer was unclear, so Latchkey doesn’t know yet if the API"
        " key works. Try again later."
    ),
}

REDIRECT_CHECKS: dict[str, LazyString] = {
    "accepted": _(
        "Constant Contact didn’t reject the redirect URI. You’ll know for sure when the"
        " first owner connects."
    ),
    "invalid": _(
        "Constant Contact refused the redirect URI. Add it to your application in the"
        " developer portal exactly as shown below, character for character."
    ),
    "client_refused": _(
        "Constant Contact’s sign-in doesn’t know this API key. Check whether"
        " CTCT_AUTH_URL is an address from before April 2022. If it isn’t, create a new"
        " application in the developer portal."
    ),
    "unclear": _(
        "Latchkey couldn’t find out whether the redirect URI is registered. Try"
        " again later."
    ),
}

# The provider's table of routes and scopes, and what we use each for (contract
# section 3). Of several scopes one is enough.
NOT_USED = _("Not used")
SCOPES_FOR: tuple[tuple[str, tuple[str, ...], LazyString], ...] = (
    ("/contacts", ("contact_data",), _("Sending sign-ups and looking up contacts")),
    ("/contact_lists", ("contact_data",), _("Reading lists")),
    ("/contact_custom_fields", ("contact_data",), _("Reading custom fields")),
    ("/activities", ("contact_data",), _("Importing contacts")),
    ("/account", ("account_read", "account_update"), _("The organization’s name")),
    ("/oauth2/…/token", ("offline_access",), _("Staying connected")),
    ("/reports/contact_reports", ("contact_data",), NOT_USED),
    ("/segments", ("contact_data",), NOT_USED),
    ("/emails", ("campaign_data",), NOT_USED),
    ("/reports/email_reports", ("campaign_data",), NOT_USED),
)

SIGNATURES: dict[str, LazyString] = {
    "genuine": _("Signed by Constant Contact"),
    "forged": _(
        "The signature doesn’t match the key it names. The connection works as long as"
        " Constant Contact accepts it. Ask their support about it."
    ),
    "unknown_key": _(
        "Signed with a key that Constant Contact doesn’t publish. The connection"
        " still works."
    ),
    "unreadable": _("Not checked: Constant Contact’s published keys couldn’t be read."),
}

# Reasons that whoever runs this can mend, and no owner.
FOR_OPERATORS = ("client_refused", "cannot_open")
# An owner ends the last by connecting again, but only if the old API key is given up.
NOT_THE_OWNERS = (*FOR_OPERATORS, "other_key")

PEOPLE: dict[str, LazyString] = {
    "locked": _(
        "LATCHKEY_KEY can’t decrypt the secrets in the database. Passwords depend on it"
        " too. Put the old key back. For details, run: flask latchkey doctor"
    ),
    "email_wrong": _(
        "This doesn’t look like an email address. Enter one like you@example.org."
    ),
    "password_short": _("Use at least 15 characters for the password."),
    "password_long": _("Use at most 128 characters for the password."),
    "password_is_email": _("The password can’t be the email address."),
    "exists": _(
        "User %(email)s already exists, so nothing was changed. To set a new password:"
        " flask latchkey users password %(email)s. To change the role: flask latchkey"
        " users role %(email)s admin (or viewer)."
    ),
    "unknown": _(
        "There is no user %(email)s. To list all users: flask latchkey users list"
    ),
    "unknown_but_near": _("There is no user %(email)s. Did you mean %(near)s?"),
    "last_admin": _(
        "%(email)s is the last active admin. Without an admin, nobody could connect"
        " accounts or change forms. Add another admin first: flask latchkey users"
        " create, enable, or role with admin."
    ),
    "not_first": _(
        "Someone just created the first admin. If that was you, sign in now. If not,"
        " ask them to invite you."
    ),
}
