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
          "its API key has to be corrected.")),
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

# -- the setup page and the doctor: what became of trying the API key without a browser

API_KEY_CHECKS: dict[str, LazyString] = {
    "accepted": _("Constant Contact knows this API key and its secret."),
    "client_refused": _("Constant Contact does not accept this API key with this secret. Copy both once more from the "
                        "portal; generating a new secret there ends the old one. An application from before April 2022 "
                        "has to be made anew."),
    "nonsense": _("What answered at CTCT_AUTH_URL was no token endpoint, but a web page perhaps, so nobody knows yet "
                  "whether the API key is right. Is that address right?"),
    "unreachable": _("Constant Contact could not be reached from here, so the API key could not be tried. Is there a "
                     "firewall between?"),
    "throttled": _("Constant Contact was asked too often just now, so the API key could not be tried. Try it again in "
                   "a moment."),
    "unclear": _("Constant Contact did not answer clearly, so nobody knows yet whether the API key is right. Try it "
                 "again later."),
}

REDIRECT_CHECKS: dict[str, LazyString] = {
    "accepted": _("Constant Contact did not object to the redirect URI. The first owner who connects proves it."),
    "invalid": _("Constant Contact refused the redirect URI. Register it in your application exactly as it stands "
                 "below, character for character."),
    "client_refused": _("Constant Contact’s sign-in does not know this API key. Is CTCT_AUTH_URL an address from "
                        "before April 2022? If not, make a new application in the portal."),
    "unclear": _("Whether the redirect URI is registered could not be found out just now."),
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
    "forbidden": _("The connected login may not add contacts, or the application was switched off in the portal. Let "
                   "the owner give the login the role, or connect another."),
    "grant_refused": _("Constant Contact refused the saved permission. The owner has to connect again."),
    "answer_lost": _("Constant Contact’s answer to a renewal was lost on its way, with the new token in it, and the "
                     "old one is used up. The owner has to connect again."),
    "unused": _("The saved permission lay unused for 180 days, and then Constant Contact ends it: Latchkey did not "
                "run, or could not renew it. The owner has to connect again."),
    "client_refused": _("Constant Contact refused this installation’s API key or secret. Correct it under Setup; "
                        "every connection is kept."),
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

# What usually lies behind a reason, likeliest first, for the person who has to do something about it.
CAUSES: dict[str, tuple[LazyString, ...]] = {
    "grant_refused": (
        _("Another installation connected the same account with the same API key; the newer connection ended this one. "
          "Use one API key per installation."),
        _("A copy of this installation ran, from a restored backup perhaps. Rotating refresh tokens are good for one "
          "use, so the second to use one is refused. Applications of the Long Lived kind forgive that."),
        _("The owner took the permission back at Constant Contact."),
    ),
    "invalid": (
        _("The address has a typing mistake, often in its domain."),
        _("The address is fine, but was signed up more than five times within 24 hours, as happens while testing: "
          "Constant Contact then calls it invalid for 48 hours. Send it again after that, and try things out with "
          "addresses such as you+1@example.com, you+2@example.com."),
        _("A value that Constant Contact does not take, for example in a custom field. Its words name it."),
    ),
}

# -- what Constant Contact holds of a person, asked just now

HOLDS: dict[str, LazyString] = {
    "explicit": _("May be mailed: the person asked for it (explicit)."),
    "implicit": _("May be mailed: the account said that it may (implicit)."),
    "pending_confirmation": _("Has not confirmed yet. This account has Confirmed Opt-in on, so Constant Contact sent a "
                              "mail with a link to confirm; until it is pressed, no other mail goes out. Ask the "
                              "person to look for it, in the spam folder too (pending_confirmation)."),
    "unsubscribed": _("Unsubscribed, and gets no mail. Importing the address does not change that; only the person "
                      "can, by signing up again (unsubscribed)."),
    "temp_hold": _("On hold: Constant Contact sends no mail to this address for the moment (temp_hold)."),
    "not_set": _("Gets no mail: nobody said that this address may be mailed (not_set)."),
    "deleted": _("Was deleted in the account, and gets no mail. Signing up again brings the contact back."),
    "nobody": _("Constant Contact has no contact with this address in this account."),
}

SIGNATURES: dict[str, LazyString] = {
    "genuine": _("Constant Contact’s own"),
    "forged": _("Not made with the key it names. The connection works as long as Constant Contact takes it; ask them."),
    "unknown_key": _("Made with a key that Constant Contact does not publish. It works all the same."),
    "unreadable": _("Could not be checked: the published keys cannot be read."),
}

FOR_OPERATORS = ("client_refused", "cannot_open")  # whoever runs this can mend them, and no owner

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
    "answer_lost": _("The answer to a renewal was lost"),
    "trouble": _("Trouble began"),
    "mended": _("Trouble over"),
    "disconnected": _("Disconnected"),
}


# -- who may sign in, and why not

PEOPLE: dict[str, LazyString] = {
    "locked": _("LATCHKEY_KEY does not open what is sealed in the database, and passwords hang on it too. Put the old "
                "key back; flask latchkey doctor says more."),
    "email_wrong": _("This does not look like an e-mail address. It should be like you@example.org."),
    "password_short": _("The password needs at least 15 characters."),
    "password_long": _("The password may have at most 128 characters."),
    "password_is_email": _("The password must not be the e-mail address itself."),
    "exists": _("There is a user %(email)s already, and nothing was changed. For a new password: flask latchkey users "
                "password %(email)s. For another role: flask latchkey users role %(email)s admin (or viewer)."),
    "unknown": _("There is no user %(email)s. To see who there is: flask latchkey users list"),
    "unknown_but_near": _("There is no user %(email)s; did you mean %(near)s?"),
    "last_admin": _("%(email)s is the last active admin, and without one nobody could connect accounts or change "
                    "forms. Make another admin first: flask latchkey users create, enable, or role with admin."),
    "not_first": _("Somebody else made the first admin meanwhile, so nothing was made here. Ask them to let you in."),
}


def connecting(reason: str) -> Words:
    """(title, text) for the end of a trip that did not connect."""
    return CONNECTING.get(reason, CONNECTING["provider_said"])


def reason(name: str | None) -> LazyString | str:
    """The sentence for a sign-up's or an account's reason."""
    return REASONS.get(name, name) if name else ""
