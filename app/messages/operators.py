"""What whoever runs this installation reads.

It is about the API key, the signatures of tokens, and who may sign in.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

# How a try of the API key without a browser ended; for the setup page and the doctor.
API_KEY_CHECKS: dict[str, LazyString] = {
    "accepted": _("Constant Contact knows this API key and its secret."),
    "client_refused": _(
        "Constant Contact does not accept this API key with this secret. Copy both once"
        " more from the portal; generating a new secret there ends the old one. An"
        " application from before April 2022 has to be made anew."
    ),
    "nonsense": _(
        "What answered at CTCT_AUTH_URL was no token endpoint, but a web page perhaps,"
        " so nobody knows yet whether the API key is right. Is that address right?"
    ),
    "unreachable": _(
        "Constant Contact could not be reached from here, so the API key could not be"
        " tried. Is there a firewall between?"
    ),
    "throttled": _(
        "Constant Contact was asked too often just now, so the API key could not be"
        " tried. Try it again in a moment."
    ),
    "unclear": _(
        "Constant Contact did not answer clearly, so nobody knows yet whether the API"
        " key is right. Try it again later."
    ),
}

REDIRECT_CHECKS: dict[str, LazyString] = {
    "accepted": _(
        "Constant Contact did not object to the redirect URI. The first owner who"
        " connects proves it."
    ),
    "invalid": _(
        "Constant Contact refused the redirect URI. Register it in your application"
        " exactly as it stands below, character for character."
    ),
    "client_refused": _(
        "Constant Contact’s sign-in does not know this API key. Is CTCT_AUTH_URL an"
        " address from before April 2022? If not, make a new application in the portal."
    ),
    "unclear": _(
        "Whether the redirect URI is registered could not be found out just now."
    ),
}

# The provider's table of routes and scopes, and what we use each for (contract
# section 3). Of several scopes one is enough.
NOT_USED = _("Not used")
SCOPES_FOR: tuple[tuple[str, tuple[str, ...], LazyString], ...] = (
    ("/contacts", ("contact_data",), _("Delivering sign-ups, looking people up")),
    ("/contact_lists", ("contact_data",), _("Reading lists")),
    ("/contact_custom_fields", ("contact_data",), _("Reading custom fields")),
    ("/activities", ("contact_data",), _("Importing contacts")),
    ("/account", ("account_read", "account_update"), _("The organisation’s name")),
    ("/oauth2/…/token", ("offline_access",), _("Staying connected")),
    ("/reports/contact_reports", ("contact_data",), NOT_USED),
    ("/segments", ("contact_data",), NOT_USED),
    ("/emails", ("campaign_data",), NOT_USED),
    ("/reports/email_reports", ("campaign_data",), NOT_USED),
)

SIGNATURES: dict[str, LazyString] = {
    "genuine": _("Constant Contact’s own"),
    "forged": _(
        "Not made with the key it names. The connection works as long as Constant"
        " Contact takes it; ask them."
    ),
    "unknown_key": _(
        "Made with a key that Constant Contact does not publish. It works all the same."
    ),
    "unreadable": _("Could not be checked: the published keys cannot be read."),
}

# Reasons that whoever runs this can mend, and no owner.
FOR_OPERATORS = ("client_refused", "cannot_open")
# An owner ends the last by connecting again, but only if the old API key is given up.
NOT_THE_OWNERS = (*FOR_OPERATORS, "other_key")

PEOPLE: dict[str, LazyString] = {
    "locked": _(
        "LATCHKEY_KEY does not open what is sealed in the database, and passwords hang"
        " on it too. Put the old key back; flask latchkey doctor says more."
    ),
    "email_wrong": _(
        "This does not look like an e-mail address. It should be like you@example.org."
    ),
    "password_short": _("The password needs at least 15 characters."),
    "password_long": _("The password may have at most 128 characters."),
    "password_is_email": _("The password must not be the e-mail address itself."),
    "exists": _(
        "There is a user %(email)s already, and nothing was changed. For a new"
        " password: flask latchkey users password %(email)s. For another role: flask"
        " latchkey users role %(email)s admin (or viewer)."
    ),
    "unknown": _(
        "There is no user %(email)s. To see who there is: flask latchkey users list"
    ),
    "unknown_but_near": _("There is no user %(email)s; did you mean %(near)s?"),
    "last_admin": _(
        "%(email)s is the last active admin, and without one nobody could connect"
        " accounts or change forms. Make another admin first: flask latchkey users"
        " create, enable, or role with admin."
    ),
    "not_first": _(
        "The first admin was made a moment ago. If that was you, sign in now; if not,"
        " ask them to let you in."
    ),
}
