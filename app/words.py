"""Every reason's words, in one place: what happened, what it means for the people waiting, what to do."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

Words = tuple[LazyString, LazyString]

# -- the owner's pages: how a trip to the provider ended

CONNECTING: dict[str, Words] = {
    "state_unknown": (
        _("This page does not belong to a connection we know"),
        _("Nothing was changed. Open the invitation link you were sent and press the button there.")),
    "other_browser": (
        _("Please finish where you began"),
        _("The connection was begun in another browser or in a private window. Nothing was changed. Open the "
          "invitation link in this browser to begin again.")),
    "already_used": (
        _("This step was already done"),
        _("The page was loaded a second time. Nothing was changed by that. If the connection is not there yet, "
          "start again.")),
    "too_late": (
        _("That took a little too long"),
        _("For your safety a connection must be finished within a few minutes. Nothing was changed; start again "
          "when you are ready.")),
    "denied": (
        _("You said no, and that is fine"),
        _("Constant Contact was told not to share anything, and nothing was connected. If that was a slip, "
          "start again.")),
    "provider_said": (
        _("Constant Contact did not allow it"),
        _("Nothing was connected. Its exact words are below; start again, and if it happens twice, show them to "
          "whoever sent you the link.")),
    "scope_refused": (
        _("The permissions asked for are not right"),
        _("Constant Contact does not know one of the permissions this installation asks for. Nothing was changed. "
          "Please tell whoever sent you the link that LATCHKEY_SCOPES has to be corrected.")),
    "no_code": (
        _("Constant Contact sent you back without an answer"),
        _("Nothing was connected. Start again.")),
    "code_refused": (
        _("Constant Contact’s answer was no longer valid"),
        _("Its one-time code works once and only for a few minutes. Nothing was changed; start again.")),
    "client_refused": (
        _("This installation’s API key was refused"),
        _("This is nothing you did, and nothing was changed. Please tell whoever sent you the link that "
          "CTCT_CLIENT_ID and CTCT_CLIENT_SECRET have to be corrected.")),
    "provider_unavailable": (
        _("Constant Contact did not answer properly"),
        _("That is usually over in a few minutes. Nothing was changed; start again then.")),
    "no_refresh_token": (
        _("The permission would have ended tomorrow"),
        _("Constant Contact gave access for one day only, so the connection was not stored. Start again; if it "
          "happens twice, whoever runs this page has to ask for the scope offline_access.")),
    "scopes_missing": (
        _("One permission is missing"),
        _("Without it sign-ups could not be delivered, so the connection was not stored. Start again and allow "
          "everything that is asked for.")),
    "unassigned": (
        _("That login belongs to no account"),
        _("Constant Contact knows the login, but it is not attached to an account with contacts. Start again and "
          "sign in as the account’s owner or manager.")),
    "privileges_missing": (
        _("That login may not add contacts"),
        _("Its role in the account is too small. Start again and sign in as the account’s owner or manager, or "
          "have the role changed first.")),
    "account_unreadable": (
        _("The account could not be looked at"),
        _("You said yes, but Constant Contact did not show us the account. Nothing was stored; start again in a "
          "few minutes.")),
    "link_closed": (
        _("This link is closed"),
        _("It was used in another window or withdrawn while you were signing in. Nothing was changed. Ask for "
          "a new link if you still need one.")),
}

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

# -- what became of a sign-up

REASONS: dict[str, LazyString] = {
    # waiting
    "unreachable": _("Constant Contact could not be reached. It is tried again."),
    "unanswered": _("Constant Contact did not answer in time. The contact is looked up before it is tried again."),
    "provider_down": _("Constant Contact has trouble of its own. It is tried again."),
    "nonsense": _("Constant Contact answered with something unreadable. It is tried again."),
    "throttled": _("Constant Contact asked for a slower pace. It is tried again in a moment."),
    "quota_exceeded": _("Today’s 10,000 calls are used up. It goes on at midnight UTC."),
    "conflict": _("The contact was being changed by somebody else at that moment. It is tried again."),
    "refreshing": _("The connection is being renewed at this moment."),
    "unauthorized": _("Constant Contact did not accept the access token. It is renewed, then tried again."),
    "forbidden": _("The connected login may not add contacts. Let the owner give it the role, or connect another."),
    "grant_refused": _("Constant Contact refused the saved permission. The owner has to connect again."),
    "client_refused": _("Constant Contact refused this installation’s API key or secret. Correct it in the settings."),
    "refresh_late": _("The token set should have been renewed by now. It still works; is a worker running?"),
    "disconnected": _("The account is disconnected. Connect it again and this goes on by itself."),
    "cannot_open": _("The stored tokens do not open with this LATCHKEY_KEY. Put the old key back."),
    "unexpected": _("Something went wrong on our side. It is tried again; the log tells more."),
    "sent_again": _("An admin asked for it to be sent again."),
    # held
    "opted_out": _("This person unsubscribed earlier. Only send it if they asked you to."),
    "looks_automatic": _("It looks like a robot: a hidden field was filled in, or it came faster than anyone types."),
    # parked
    "invalid": _("Constant Contact refused this sign-up. Its words are beside the attempt."),
    "list_missing": _("A list or custom field of the form no longer exists. Correct the form, then send again."),
    "unsupported": _("Constant Contact refused the call itself. Its words are beside the attempt."),
    "kept_failing": _("It failed for days on its own. Its last answer is beside the attempt."),
    "kills_worker": _("The worker died five times while sending it, so it was set aside."),
    # closed
    "refused": _("An admin decided not to send it."),
    "merged": _("Another sign-up of the same person carried it along."),
    "unconfirmed": _("The person never confirmed it."),
    "erased": _("Erased on request."),
    # delivered
    "created": _("A new contact was made."),
    "updated": _("A known contact was updated."),
}

STATES: dict[str, LazyString] = {
    "waiting": _("Waiting"), "confirming": _("Confirming"), "held": _("Held"), "parked": _("Parked"),
    "delivered": _("Delivered"), "closed": _("Closed"),
    "healthy": _("Healthy"), "ageing": _("Ageing"), "retrying": _("Retrying"),
    "needs_owner": _("Needs the owner"), "disconnected": _("Disconnected"),
}

OCCURRENCES: dict[str, LazyString] = {
    "connected": _("Connected"),
    "reconnected": _("Connected again"),
    "refreshed": _("Token set renewed"),
    "grant_refused": _("Constant Contact refused the saved permission"),
    "trouble": _("Trouble began"),
    "mended": _("Trouble over"),
    "disconnected": _("Disconnected"),
}


def connecting(reason: str) -> Words:
    """(title, text) for the end of a trip that did not connect."""
    return CONNECTING.get(reason, CONNECTING["provider_said"])


def reason(name: str | None) -> LazyString | str:
    """The sentence for a sign-up's or an account's reason."""
    return REASONS.get(name, name) if name else ""
