"""What an owner reads: how connecting ended, what was checked, what was allowed."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from app.messages.operators import NOT_THE_OWNERS

Words = tuple[LazyString, LazyString]  # a title, and a text

CONNECTING: dict[str, Words] = {
    "state_unknown": (
        _("This page does not belong to a connection we know"),
        _(
            "Nothing was changed. Open the invitation link you were sent and press the"
            " button there."
        ),
    ),
    "other_browser": (
        _("Please finish where you began"),
        _(
            "The connection was begun in another browser or in a private window."
            " Nothing was changed. Open the invitation link in this browser to begin"
            " again."
        ),
    ),
    "already_used": (
        _("This step was already done"),
        _(
            "The page was loaded a second time. Nothing was changed by that. If the"
            " connection is not there yet, start again."
        ),
    ),
    "too_late": (
        _("That took a little too long"),
        _(
            "For your safety a connection must be finished within a few minutes."
            " Nothing was changed; start again when you are ready."
        ),
    ),
    "denied": (
        _("You said no, and that is fine"),
        _(
            "Constant Contact was told not to share anything, and nothing was"
            " connected. If that was a slip, start again."
        ),
    ),
    "provider_said": (
        _("Constant Contact did not allow it"),
        _(
            "Nothing was connected. Its exact words are below; start again, and if it"
            " happens twice, show them to whoever sent you the link."
        ),
    ),
    "scope_refused": (
        _("The permissions asked for are not right"),
        _(
            "Constant Contact does not know one of the permissions this installation"
            " asks for. Nothing was changed. Please tell whoever sent you the link that"
            " LATCHKEY_SCOPES has to be corrected."
        ),
    ),
    "no_code": (
        _("Constant Contact sent you back without an answer"),
        _("Nothing was connected. Start again."),
    ),
    "code_refused": (
        _("Constant Contact’s answer was no longer valid"),
        _(
            "Its one-time code works once and only for a few minutes. Nothing was"
            " changed; start again."
        ),
    ),
    "client_refused": (
        _("This installation’s API key was refused"),
        _(
            "This is nothing you did, and nothing was changed. Please tell whoever sent"
            " you the link that its API key has to be corrected."
        ),
    ),
    "provider_unavailable": (
        _("Constant Contact did not answer properly"),
        _(
            "That is usually over in a few minutes. Nothing was changed; start again"
            " then."
        ),
    ),
    "answer_unusable": (
        _("Constant Contact’s answer cannot be used"),
        _(
            "Nothing was connected, and trying again will bring the same answer. Please"
            " show the words below to whoever sent you the link."
        ),
    ),
    "interrupted": (
        _("The connection was interrupted"),
        _(
            "Latchkey was restarted while it was connecting your account. Start again;"
            " it takes a minute."
        ),
    ),
    "no_refresh_token": (
        _("The permission would have ended tomorrow"),
        _(
            "Constant Contact gave access for one day only, so the connection was not"
            " stored. Start again; if it happens twice, whoever runs this page has to"
            " ask for the scope offline_access."
        ),
    ),
    "scopes_missing": (
        _("One permission is missing"),
        _(
            "Without it sign-ups could not be delivered, so the connection was not"
            " stored. Start again and allow everything that is asked for."
        ),
    ),
    "unassigned": (
        _("That login belongs to no account"),
        _(
            "Constant Contact knows the login, but it is not attached to an account"
            " with contacts. Start again and sign in as the account’s owner or manager."
        ),
    ),
    "privileges_missing": (
        _("That login may not add contacts"),
        _(
            "Its role in the account is too small. Start again and sign in as the"
            " account’s owner or manager, or have the role changed first."
        ),
    ),
    "account_unreadable": (
        _("The account could not be looked at"),
        _(
            "You said yes, but Constant Contact did not show us the account. Nothing"
            " was stored; start again in a few minutes."
        ),
    ),
    "other_account": (
        _("That is a different account"),
        _(
            "You are signed in at Constant Contact with another account than the one"
            " this is for. That one stays as it was: its forms would have filled"
            " somebody else’s lists. Start again and sign in with the right one."
        ),
    ),
    "person_left": (
        _("You can no longer connect accounts"),
        _(
            "Your user was disabled, or is no longer an admin, since you left for"
            " Constant Contact. Nothing was changed. Another admin can connect the"
            " account."
        ),
    ),
    "link_closed": (
        _("This link is closed"),
        _(
            "It was used in another window or withdrawn while you were signing in."
            " Nothing was changed. Ask for a new link if you still need one."
        ),
    ),
}

# Beside a button that connects an account again which is connected.
WARNING_BEFORE = _(
    "This account is connected and works. Connecting it again can end that connection,"
    " even if the new one fails. Sign in as the account’s owner or an account manager."
)
# On the page of a failure, for an account that was connected.
WAS_CONNECTED = _(
    "%(name)s was connected before. Constant Contact can end that connection because of"
    " this attempt. Latchkey is checking it now and keeps whichever connection works."
)

CHECKLIST: dict[str, LazyString] = {
    "refresh_token": _("The connection renews itself"),
    "privileges": _("The login may add contacts and see lists"),
    "lists": _("Contact lists read"),
    "fields": _("Custom fields read"),
}

SCOPES: dict[str, LazyString] = {
    "contact_data": _("Add and update contacts, and see your lists and custom fields"),
    "account_read": _("See your organisation’s name and contact address"),
    "offline_access": _("Stay connected, so that you never have to do this again"),
    "account_update": _("Change account details"),
    "campaign_data": _("See and change e-mail campaigns"),
}

# An owner's status page, by the account's state of health; where OWNER_REASONS has the
# reason, its words are used instead.
OWNER_STATES: dict[str, Words] = {
    "healthy": (
        _("All is well"),
        _("Sign-ups reach your contact lists by themselves. There is nothing to do."),
    ),
    "ageing": (
        _("All is well"),
        _(
            "Sign-ups reach your contact lists by themselves. The connection is about"
            " to be renewed."
        ),
    ),
    "retrying": (
        _("A short pause, nothing lost"),
        _(
            "Constant Contact could not be asked just now, so new sign-ups wait here"
            " safely. It is tried again by itself; there is nothing for you to do."
        ),
    ),
    "needs_owner": (
        _("Please connect again"),
        _(
            "Constant Contact no longer takes the permission that was saved. New"
            " sign-ups wait here safely, and go out by themselves once you have"
            " connected again. It takes a minute."
        ),
    ),
    "disconnected": (
        _("Disconnected"),
        _(
            "No sign-up is sent to Constant Contact. Those that still come in wait here"
            " until you connect again or whoever runs this page decides."
        ),
    ),
}

OWNER_REASONS: dict[str, Words] = {
    **dict.fromkeys(
        NOT_THE_OWNERS,
        (
            _("Whoever runs this page has to mend something"),
            _(
                "New sign-ups wait here safely. It is nothing you did, and nothing you"
                " could mend."
            ),
        ),
    ),
    **dict.fromkeys(
        ("privileges_missing", "forbidden"),
        (
            _("Your login may no longer add contacts"),
            _(
                "What cannot be delivered waits here safely. Have the role of the login"
                " changed at Constant Contact, or connect again as the account’s owner"
                " or manager."
            ),
        ),
    ),
}

OWNER_SOME_PARKED: Words = (
    _("Connected, and some sign-ups need a look"),
    _(
        "Constant Contact would not take some of them as they are. Whoever runs this"
        " page sees them; there is nothing for you to do."
    ),
)

# After disconnecting. The provider documents no way for us to end the permission on its
# side (contract section 1.4).
WHAT_REMAINS = _(
    "The keys kept here are deleted, so nobody can use them. At Constant Contact the"
    " permission may stay listed until it ends by itself after 180 days unused. To have"
    " it removed now, look in your account’s settings there for connected applications,"
    " or ask their support."
)
