"""What an owner reads: how connecting ended, what was checked, what was allowed."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from app.messages.operators import NOT_THE_OWNERS

Words = tuple[LazyString, LazyString]  # a title, and a text

CONNECTING: dict[str, Words] = {
    "state_unknown": (
        _("This connection isn’t known here"),
        _(
            "Nothing was changed. Open the invitation link you received and select the"
            " button there."
        ),
    ),
    "other_browser": (
        _("Please continue in the browser you started with"),
        _(
            "You started connecting in another browser or a private window. Nothing was"
            " changed. To start again here, open the invitation link in this browser."
        ),
    ),
    "already_used": (
        _("You’ve already completed this step"),
        _(
            "This page was loaded a second time, which changed nothing. If the account"
            " isn’t connected yet, start again."
        ),
    ),
    "too_late": (
        _("That took a little too long"),
        _(
            "To keep your account safe, connecting must be finished within a few"
            " minutes. Nothing was changed. Start again when you’re ready."
        ),
    ),
    "denied": (
        _("You chose not to connect"),
        _(
            "Nothing was connected or shared. If you didn’t mean to cancel, start"
            " again."
        ),
    ),
    "provider_said": (
        _("Constant Contact didn’t allow the connection"),
        _(
            "Nothing was connected. Constant Contact’s answer is shown below. Start"
            " again. If it happens a second time, show this answer to the person who"
            " sent you the link."
        ),
    ),
    "scope_refused": (
        _("Constant Contact didn’t recognize a permission"),
        _(
            "Latchkey asked for a permission that Constant Contact doesn’t know."
            " Nothing was changed. Ask the person who sent you the link to correct"
            " LATCHKEY_SCOPES."
        ),
    ),
    "no_code": (
        _("Constant Contact returned no answer"),
        _("Nothing was connected. Start again."),
    ),
    "code_refused": (
        _("Constant Contact’s answer expired"),
        _(
            "Its one-time code works once, for a few minutes. Nothing was changed."
            " Start again."
        ),
    ),
    "client_refused": (
        _("Constant Contact refused our API key"),
        _(
            "You did nothing wrong, and nothing was changed. Ask the person who sent"
            " you the link to correct the API key."
        ),
    ),
    "provider_unavailable": (
        _("Constant Contact isn’t responding"),
        _(
            "This usually passes in a few minutes. Nothing was changed. Start again"
            " then."
        ),
    ),
    "answer_unusable": (
        _("Constant Contact’s answer couldn’t be used"),
        _(
            "Nothing was connected, and trying again will give the same answer. Show"
            " the message below to the person who sent you the link."
        ),
    ),
    "interrupted": (
        _("The connection was interrupted"),
        _(
            "Latchkey restarted while it was connecting your account. Please start"
            " again. It takes a minute."
        ),
    ),
    "no_refresh_token": (
        _("The connection would have ended tomorrow"),
        _(
            "Constant Contact gave access for only one day, so the connection wasn’t"
            " saved. Start again. If it happens a second time, ask the person who sent"
            " you the link to add the scope offline_access."
        ),
    ),
    "scopes_missing": (
        _("A permission is missing"),
        _(
            "Without it, sign-ups can’t reach your account, so the connection wasn’t"
            " saved. Start again and allow everything on the list."
        ),
    ),
    "unassigned": (
        _("This login isn’t part of an account"),
        _(
            "Constant Contact knows this login, but it doesn’t belong to an account"
            " with contacts. Start again and sign in as the account’s owner or manager."
        ),
    ),
    "privileges_missing": (
        _("This login isn’t allowed to add contacts"),
        _(
            "Its role in the account doesn’t include that. Start again and sign in as"
            " the account’s owner or manager, or change the role first."
        ),
    ),
    "account_unreadable": (
        _("We couldn’t read the account"),
        _(
            "You allowed the connection, but Constant Contact didn’t let us read the"
            " account. Nothing was saved. Start again in a few minutes."
        ),
    ),
    "other_account": (
        _("This is a different account"),
        _(
            "You’re signed in to Constant Contact with a different account. Nothing was"
            " changed, because your forms would have added people to the wrong lists."
            " Start again and sign in to the right account."
        ),
    ),
    "person_left": (
        _("You can’t connect accounts anymore"),
        _(
            "While you were at Constant Contact, your user was disabled or stopped"
            " being an admin. Nothing was changed. Another admin can connect the"
            " account."
        ),
    ),
    "link_closed": (
        _("This link no longer works"),
        _(
            "It was used in another window or withdrawn while you were signing in."
            " Nothing was changed. If you still need to connect, ask for a new link."
        ),
    ),
}

# Beside a button that connects an account again which is connected.
WARNING_BEFORE = _(
    "This account is connected and working. Reconnecting can end that connection, even"
    " if the new one fails. Sign in as the account’s owner or an account manager."
)
# On the page of a failure, for an account that was connected.
WAS_CONNECTED = _(
    "%(name)s was connected before. This attempt may have ended that connection."
    " Latchkey is checking it now and will keep the one that works."
)

CHECKLIST: dict[str, LazyString] = {
    "refresh_token": _("The connection can be renewed"),
    "privileges": _("This login can add contacts and see lists"),
    "lists": _("Contact lists loaded"),
    "fields": _("Custom fields loaded"),
}

SCOPES: dict[str, LazyString] = {
    "contact_data": _("Add and update contacts, and see your lists and custom fields"),
    "account_read": _("See your organization’s name and contact address"),
    "offline_access": _("Stay connected, so you don’t have to do this again"),
    "account_update": _("Change account details"),
    "campaign_data": _("See and change email campaigns"),
}

# An owner's status page, by the account's state of health; where OWNER_REASONS has the
# reason, its words are used instead.
OWNER_STATES: dict[str, Words] = {
    "healthy": (
        _("Everything’s working"),
        _(
            "New sign-ups go straight to your contact lists. There’s nothing for you to"
            " do."
        ),
    ),
    "ageing": (
        _("Everything’s working"),
        _(
            "New sign-ups go straight to your contact lists. Latchkey will renew the"
            " connection soon."
        ),
    ),
    "retrying": (
        _("Sign-ups are waiting for a moment"),
        _(
            "Constant Contact can’t be reached right now, so new sign-ups wait here."
            " Latchkey will keep trying. There’s nothing for you to do."
        ),
    ),
    "needs_owner": (
        _("Please reconnect"),
        _(
            "Constant Contact no longer accepts the saved connection. New sign-ups wait"
            " here, and Latchkey will send them as soon as you reconnect. It takes a"
            " minute."
        ),
    ),
    "disconnected": (
        _("Disconnected"),
        _(
            "No sign-ups are sent to Constant Contact. New ones wait here until you"
            " reconnect or the people who run this page decide what to do with them."
        ),
    ),
}

OWNER_REASONS: dict[str, Words] = {
    **dict.fromkeys(
        NOT_THE_OWNERS,
        (
            _("We need to fix something on our side"),
            _(
                "New sign-ups wait here until it’s fixed. You did nothing wrong, and"
                " there’s nothing for you to do."
            ),
        ),
    ),
    **dict.fromkeys(
        ("privileges_missing", "forbidden"),
        (
            _("Your login can’t add contacts anymore"),
            _(
                "New sign-ups wait here. At Constant Contact, give this login the"
                " Account Manager role, or reconnect as the account’s owner or manager."
            ),
        ),
    ),
}

OWNER_SOME_PARKED: Words = (
    _("Connected, but some sign-ups need a fix"),
    _(
        "Constant Contact refused some sign-ups. The people who run this page can see"
        " them. There’s nothing for you to do."
    ),
)

# After disconnecting. The provider documents no way for us to end the permission on its
# side (contract section 1.4).
WHAT_REMAINS = _(
    "Latchkey deleted its keys to your account, so it can’t use them anymore. Constant"
    " Contact may still list the connection until it expires after 180 days. To remove"
    " it now, look for connected applications in your Constant Contact account"
    " settings, or ask their support."
)
