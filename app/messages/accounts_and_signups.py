"""What became of a sign-up or an account: reasons, states and occurrences.

Also the usual causes of a reason, and what a look-up of one person told.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

REASONS: dict[str, LazyString] = {
    # waiting
    "unreachable": _("Latchkey couldn’t reach Constant Contact. It will try again."),
    "unanswered": _(
        "Constant Contact didn’t answer in time. Latchkey will check whether the"
        " contact arrived, then try again."
    ),
    "provider_down": _("Constant Contact is having problems. Latchkey will try again."),
    "nonsense": _(
        "Constant Contact’s answer couldn’t be read. Latchkey will try again."
    ),
    "throttled": _(
        "Constant Contact asked Latchkey to slow down. Latchkey will try again in a"
        " moment."
    ),
    "quota_exceeded": _(
        "Today’s API calls to Constant Contact are used up. Latchkey will continue"
        " at midnight UTC."
    ),
    "too_often": _(
        "This person signed up more than five times in 24 hours. Constant Contact"
        " treats that as abuse, so Latchkey will send this one 24 hours after the"
        " first."
    ),
    "flagged": _(
        "Constant Contact accepted this address a moment ago and now calls it invalid."
        " It does that for 48 hours when somebody signs up more than five times in a"
        " day. Latchkey will try again after that."
    ),
    "conflict": _(
        "Someone else was changing this contact at the same moment. Latchkey will try"
        " again."
    ),
    "refreshing": _("Latchkey is renewing the connection."),
    "database_unusable": _(
        "Latchkey’s database didn’t answer, so nothing was sent to Constant Contact."
        " Latchkey will try again in a few seconds."
    ),
    "unauthorized": _(
        "Constant Contact didn’t accept the access token. Latchkey will renew it and"
        " try again."
    ),
    "forbidden": _(
        "The connected login isn’t allowed to add contacts, or the application was"
        " disabled in the developer portal. Ask the owner to give this login the"
        " Account Manager role, or connect with a different login."
    ),
    "privileges_missing": _(
        "The connected login can no longer add contacts or see lists. Ask the owner to"
        " give this login the Account Manager role, or connect with a different login."
    ),
    "grant_refused": _(
        "Constant Contact no longer accepts this connection. The owner needs to"
        " reconnect."
    ),
    "answer_lost": _(
        "Latchkey renewed the connection, but Constant Contact’s answer with the new"
        " token got lost. The old token no longer works, so the owner needs to"
        " reconnect."
    ),
    "unused": _(
        "Constant Contact ended this connection because it wasn’t used for 180 days."
        " Latchkey wasn’t running, or couldn’t renew it. The owner needs to reconnect."
    ),
    "client_refused": _(
        "Constant Contact refused this installation’s API key or secret. Correct them"
        " on the Setup page. Every connection is kept."
    ),
    "other_key": _(
        "This account was connected with a different API key. Put the old key back, or"
        " ask the owner to reconnect. No sign-ups are lost in the meantime."
    ),
    "refresh_late": _(
        "This connection should have been renewed by now. It still works. Check that a"
        " worker is running."
    ),
    "disconnected": _("The account is disconnected. Reconnect it to continue."),
    "cannot_open": _(
        "The stored tokens can’t be decrypted with this LATCHKEY_KEY. Put the old"
        " key back."
    ),
    "unexpected": _(
        "Something went wrong in Latchkey. It will try again. The log has the details."
    ),
    "sent_again": _("An admin chose to send this again."),
    "moved": _(
        "This sign-up was moved to another account while it was being sent. The"
        " previous account may have it too."
    ),
    # held
    "opted_out": _(
        "This person unsubscribed earlier. Send this only if they asked you to."
    ),
    "looks_automatic": _(
        "This looks like a bot: a hidden field was filled in, or the form was submitted"
        " faster than anyone can type."
    ),
    # parked
    "invalid": _(
        "Constant Contact refused this sign-up. Its answer is shown with the attempt."
    ),
    "list_missing": _(
        "A list or custom field used by this form no longer exists at Constant Contact."
        " Fix the form, then send this again."
    ),
    "contact_full": _(
        "This contact is full at Constant Contact, which keeps at most 50 lists, 25"
        " custom fields, 3 phone numbers, and 3 addresses. Nothing was changed. Make"
        " room in the contact there, then send this again."
    ),
    "unsupported": _(
        "Constant Contact refused the API call. Its answer is shown with the attempt."
    ),
    "kept_failing": _(
        "Latchkey tried for three days without success. The last answer is shown"
        " with the attempt."
    ),
    "waited_too_long": _(
        "This sign-up waited a month because its account couldn’t receive it. Send it"
        " again if it is still wanted, or close it."
    ),
    "kills_worker": _(
        "The worker crashed five times while sending this, so Latchkey stopped trying."
    ),
    # closed
    "refused": _("An admin decided not to send this."),
    "merged": _("Sent together with another sign-up by the same person."),
    "not_sent": _(
        "The account was disconnected, and an admin decided not to send this."
    ),
    "unconfirmed": _("The person never confirmed."),
    "erased": _("Erased on request."),
    # delivered
    "created": _("A new contact was created."),
    "updated": _("An existing contact was updated."),
    "unchanged": _("The contact already had all of this, so nothing was changed."),
}

# What usually lies behind a reason, likeliest first, for the person who has to do
# something about it.
CAUSES: dict[str, tuple[LazyString, ...]] = {
    "privileges_missing": (
        _(
            "The account was connected with a login whose role doesn’t allow this. Once"
            " the role is changed at Constant Contact, Latchkey notices within an hour,"
            " or when you select Check now."
        ),
        _("The login’s role was changed at Constant Contact."),
    ),
    "grant_refused": (
        _(
            "Another installation connected this account with the same API key, and the"
            " newer connection ended this one. Use a separate API key for each"
            " installation."
        ),
        _(
            "A copy of this installation was running, perhaps from a restored backup. A"
            " rotating refresh token works once, so the second copy to use it is"
            " refused. Applications with long-lived refresh tokens don’t have this"
            " problem."
        ),
        _("The owner revoked access at Constant Contact."),
        _(
            "Someone tried to reconnect the account and failed, for example with a"
            " login that can’t add contacts. Constant Contact can end the earlier"
            " connection when that happens. The timeline shows these attempts."
        ),
    ),
    "unreachable": (
        _("The network, firewall, or DNS of the machine Latchkey runs on."),
        _(
            "A secure connection failed: the error shown with the attempt starts with"
            " TLS and says why. Check the machine’s clock, any proxy that inspects"
            " traffic, and the system’s certificates. The log records it as"
            " tls_refused."
        ),
    ),
    "provider_down": (
        _(
            "An outage at Constant Contact. Most end soon; check"
            " status.constantcontact.com."
        ),
        _(
            "Something between Latchkey and Constant Contact is answering instead: a"
            " proxy, a firewall, or the wrong host in CTCT_API_URL. The error shown"
            " with the attempt is its answer."
        ),
    ),
    "invalid": (
        _("The address has a typo, often in the domain."),
        _(
            "The address is fine but was signed up more than five times in 24 hours,"
            " which often happens while testing. Constant Contact then calls it invalid"
            " for 48 hours. Send it again after that. For tests, use addresses such as"
            " you+1@example.com and you+2@example.com."
        ),
        _(
            "Constant Contact doesn’t accept one of the values, for example in a custom"
            " field. Its answer names the value."
        ),
    ),
}

# Named first among the causes when it happened shortly before the trouble.
FAILED_CONNECT = _(
    "On %(when)s someone tried to reconnect this account as %(login)s, and that login"
    " couldn’t be used. Constant Contact can end the earlier connection when that"
    " happens."
)

# What a look-up of one person at Constant Contact told.
HOLDS: dict[str, LazyString] = {
    "explicit": _("Can receive email: the person agreed to it (explicit)."),
    "implicit": _(
        "Can receive email: the account stated that it has permission (implicit)."
    ),
    "pending_confirmation": _(
        "Not confirmed yet. This account uses Confirmed Opt-in, so Constant Contact"
        " emailed a confirmation link and sends nothing else until it is used. Ask the"
        " person to look for that email, also in the spam folder"
        " (pending_confirmation)."
    ),
    "unsubscribed": _(
        "Unsubscribed, and receives no email. Importing the address doesn’t change"
        " that. Only the person can, by signing up again (unsubscribed)."
    ),
    "temp_hold": _(
        "On hold at Constant Contact: this address receives no email for now"
        " (temp_hold)."
    ),
    "not_set": _(
        "Receives no email: there is no record of permission to email this address"
        " (not_set)."
    ),
    "deleted": _(
        "Deleted in the account, and receives no email. Signing up again restores the"
        " contact."
    ),
    "nobody": _("This account has no contact with this address at Constant Contact."),
}

STATES: dict[str, LazyString] = {
    "waiting": _("Waiting"),
    "confirming": _("Confirming"),
    "held": _("On hold"),
    "parked": _("Needs a fix"),
    "delivered": _("Delivered"),
    "closed": _("Closed"),
    "healthy": _("Healthy"),
    "ageing": _("Renewal overdue"),
    "retrying": _("Retrying"),
    "needs_owner": _("Needs its owner"),
    "disconnected": _("Disconnected"),
}

OCCURRENCES: dict[str, LazyString] = {
    "connected": _("Connected"),
    "reconnected": _("Reconnected"),
    "connect_failed": _("A reconnect attempt failed"),
    "spare_used": _("Now using the connection from the failed attempt"),
    "refreshed": _("Connection renewed"),
    "grant_refused": _("Constant Contact no longer accepts the connection"),
    "answer_lost": _("The answer to a renewal got lost"),
    "trouble": _("Problem started"),
    "mended": _("Recovered"),
    "disconnected": _("Disconnected"),
    "moved_out": _("Forms moved to another account"),
    "moved_in": _("Forms moved here from another account"),
    "not_sent": _("Waiting sign-ups closed"),
}
