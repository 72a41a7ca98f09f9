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
        "This person unsubscribed earlier, and only they can change that. Send it if"
        " they asked you to, or close it."
    ),
    "looks_automatic": _(
        "This looks like a bot: it filled in a field that people cannot see, or was"
        " sent faster than anyone types. Send it if you know the person, or mark it as"
        " spam."
    ),
    # parked
    "invalid": _(
        "Constant Contact refused this sign-up. Correct it and send it again, or close"
        " it."
    ),
    "list_missing": _(
        "A list or custom field of this form was deleted at Constant Contact. Choose"
        " another list, or send the sign-up again without what was deleted."
    ),
    "contact_full": _(
        "Constant Contact has no room for this in the contact: it keeps up to 50"
        " lists, 25 custom fields, 3 phone numbers and 3 addresses. Nothing was"
        " changed. Make room in the contact there, then send it again."
    ),
    "unsupported": _(
        "Constant Contact refused the request. Correct the sign-up and send it again,"
        " or send it again later."
    ),
    "kept_failing": _(
        "Sending this failed for days, while others of its account arrived. Check the"
        " last answer under Attempts, then send it again or close it."
    ),
    "waited_too_long": _(
        "It waited for a month because its account could not be used. Decide if the"
        " person still wants it, then send it again or close it."
    ),
    "kills_worker": _(
        "The worker stopped five times while sending it, so Latchkey set it aside."
        " Send it again after an update, or close it."
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
            "The address is fine but signed up more than five times in 24 hours, as"
            " happens in tests. Constant Contact then calls it invalid for 48 hours."
            " Send it again after that, and test with addresses such as"
            " you+1@example.com and you+2@example.com."
        ),
        _(
            "Constant Contact does not accept one of the answers, for example in a"
            " custom field. Its message names the answer."
        ),
    ),
}

# Named first among the causes when it happened shortly before the trouble.
FAILED_CONNECT = _(
    "On %(when)s somebody signed in as %(login)s to connect this account again, and"
    " that login could not be used. Constant Contact can end the earlier connection for"
    " that."
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
    "staged": _("The demo put this account into this state"),
    "moved_out": _("Its forms were moved to another account"),
    "moved_in": _("Forms of another account were moved here"),
    "not_sent": _("Sign-ups that waited were closed"),
    "owner_asked": _("Latchkey emailed the owner a reconnect link"),
    "link_opened": _("A link for the owner was opened"),
}
