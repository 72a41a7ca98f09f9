"""What became of a sign-up or an account: reasons, states and occurrences.

Also the usual causes of a reason, and what a look-up of one person told.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

REASONS: dict[str, LazyString] = {
    # waiting
    "unreachable": _("Constant Contact could not be reached. It is tried again."),
    "unanswered": _(
        "Constant Contact did not answer in time. The contact is looked up before it is"
        " tried again."
    ),
    "provider_down": _("Constant Contact has trouble of its own. It is tried again."),
    "nonsense": _(
        "Constant Contact answered with something unreadable. It is tried again."
    ),
    "throttled": _(
        "Constant Contact asked for a slower pace. It is tried again in a moment."
    ),
    "quota_exceeded": _(
        "Today’s calls to Constant Contact are used up. It goes on at midnight UTC."
    ),
    "too_often": _(
        "Five sign-ups of this person were delivered within a day, and Constant Contact"
        " takes more for abuse. It is sent when the first of them is a day old."
    ),
    "flagged": _(
        "This address was fine a moment ago, and now Constant Contact calls it invalid,"
        " as it does for 48 hours after more than five sign-ups within 24. It is tried"
        " again after that."
    ),
    "conflict": _(
        "The contact was being changed by somebody else at that moment. It is tried"
        " again."
    ),
    "refreshing": _("The connection is being renewed at this moment."),
    "database_unusable": _(
        "Latchkey’s database did not answer at that moment, so Constant Contact was not"
        " asked. Latchkey will try again in a few seconds."
    ),
    "unauthorized": _(
        "Constant Contact did not accept the access token. It is renewed, then tried"
        " again."
    ),
    "forbidden": _(
        "The connected login may not add contacts, or the application was switched off"
        " in the portal. Let the owner give the login the role, or connect another."
    ),
    "privileges_missing": _(
        "The connected login may no longer add contacts or see lists. Let the owner"
        " give it a role that may, or connect again with another login."
    ),
    "grant_refused": _(
        "Constant Contact refused the saved permission. The owner has to connect again."
    ),
    "answer_lost": _(
        "Constant Contact’s answer to a renewal was lost on its way, with the new token"
        " in it, and the old one is used up. The owner has to connect again."
    ),
    "unused": _(
        "The saved permission lay unused for 180 days, and then Constant Contact ends"
        " it: Latchkey did not run, or could not renew it. The owner has to connect"
        " again."
    ),
    "client_refused": _(
        "Constant Contact refused this installation’s API key or secret. Correct it"
        " under Setup; every connection is kept."
    ),
    "other_key": _(
        "The account was connected with another API key than the one in use. Put that"
        " one back, or let the owner connect again. Nothing is lost meanwhile."
    ),
    "refresh_late": _(
        "The token set should have been renewed by now. It still works; is a worker"
        " running?"
    ),
    "disconnected": _(
        "The account is disconnected. Connect it again and this goes on by itself."
    ),
    "cannot_open": _(
        "The stored tokens do not open with this LATCHKEY_KEY. Put the old key back."
    ),
    "unexpected": _(
        "Something went wrong on our side. It is tried again; the log tells more."
    ),
    "sent_again": _("An admin sent it again."),
    "moved": _(
        "It was handed to another account while on its way. The account before may have"
        " it too."
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
    "refused": _("An admin decided not to send it."),
    "merged": _("Another sign-up of the same person carried it along."),
    "not_sent": _("The account was disconnected, and an admin decided not to send it."),
    "unconfirmed": _("The person never confirmed it."),
    "erased": _("Erased on request."),
    # delivered
    "created": _("A new contact was made."),
    "updated": _("A known contact was updated."),
    "unchanged": _("A known contact said all of it already, so nothing was written."),
}

# What usually lies behind a reason, likeliest first, for the person who has to do
# something about it.
CAUSES: dict[str, tuple[LazyString, ...]] = {
    "privileges_missing": (
        _(
            "Somebody connected the account with a login whose role is too small. As"
            " soon as the role is changed at Constant Contact, Latchkey sees it within"
            " an hour, or when you press Check now."
        ),
        _("The role of the login was changed at Constant Contact."),
    ),
    "grant_refused": (
        _(
            "Another installation connected the same account with the same API key; the"
            " newer connection ended this one. Use one API key per installation."
        ),
        _(
            "A copy of this installation ran, from a restored backup perhaps. Rotating"
            " refresh tokens are good for one use, so the second to use one is refused."
            " Applications of the Long Lived kind forgive that."
        ),
        _("The owner took the permission back at Constant Contact."),
        _(
            "Somebody tried to connect the account again and failed, for example with a"
            " login that may not add contacts. Constant Contact can end the earlier"
            " connection for that. The timeline shows such attempts."
        ),
    ),
    "unreachable": (
        _(
            "The network, the firewall or the name service of the machine that Latchkey"
            " runs on."
        ),
        _(
            "No safe connection came about: the words beside the attempt begin with"
            " TLS, and say why. A wrong clock, a proxy that reads along, or"
            " certificates of the system that are too old; the log notes it as"
            " tls_refused."
        ),
    ),
    "provider_down": (
        _(
            "An outage at Constant Contact, which mostly ends by itself;"
            " status.constantcontact.com tells of it."
        ),
        _(
            "Something between here and Constant Contact answers in its place: a proxy,"
            " a firewall, or a host at a wrong CTCT_API_URL. The words beside the"
            " attempt are its own."
        ),
    ),
    "invalid": (
        _("The address has a typing mistake, often in its domain."),
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
    "explicit": _("May be mailed: the person asked for it (explicit)."),
    "implicit": _("May be mailed: the account said that it may (implicit)."),
    "pending_confirmation": _(
        "Has not confirmed yet. This account has Confirmed Opt-in on, so Constant"
        " Contact sent a mail with a link to confirm; until it is pressed, no other"
        " mail goes out. Ask the person to look for it, in the spam folder too"
        " (pending_confirmation)."
    ),
    "unsubscribed": _(
        "Unsubscribed, and gets no mail. Importing the address does not change that;"
        " only the person can, by signing up again (unsubscribed)."
    ),
    "temp_hold": _(
        "On hold: Constant Contact sends no mail to this address for the moment"
        " (temp_hold)."
    ),
    "not_set": _(
        "Gets no mail: nobody said that this address may be mailed (not_set)."
    ),
    "deleted": _(
        "Was deleted in the account, and gets no mail. Signing up again brings the"
        " contact back."
    ),
    "nobody": _("Constant Contact has no contact with this address in this account."),
}

STATES: dict[str, LazyString] = {
    "waiting": _("Waiting"),
    "confirming": _("Confirming"),
    "held": _("On hold"),
    "parked": _("Needs a fix"),
    "delivered": _("Delivered"),
    "closed": _("Closed"),
    "healthy": _("Healthy"),
    "ageing": _("Ageing"),
    "retrying": _("Retrying"),
    "needs_owner": _("Needs the owner"),
    "disconnected": _("Disconnected"),
}

OCCURRENCES: dict[str, LazyString] = {
    "connected": _("Connected"),
    "reconnected": _("Connected again"),
    "connect_failed": _("An attempt to connect it again failed"),
    "spare_used": _("The connection of the failed attempt is used"),
    "refreshed": _("Token set renewed"),
    "grant_refused": _("Constant Contact refused the saved permission"),
    "answer_lost": _("The answer to a renewal was lost"),
    "trouble": _("Trouble began"),
    "mended": _("Trouble over"),
    "disconnected": _("Disconnected"),
    "staged": _("The demo put this account into this state"),
    "moved_out": _("Its forms were moved to another account"),
    "moved_in": _("Forms of another account were moved here"),
    "not_sent": _("Sign-ups that waited were closed"),
    "owner_asked": _("Latchkey emailed the owner a reconnect link"),
    "link_opened": _("A link for the owner was opened"),
}
