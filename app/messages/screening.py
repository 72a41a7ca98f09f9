"""Why a sign-up is held or waits for the person's word, and what screening saw."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

REASONS: dict[str, LazyString] = {
    # held
    "suspicious": _(
        "Several things about this sign-up are unusual; they are listed below. Send it"
        " if you know the person, or mark it as spam."
    ),
    "no_mail": _(
        "This form asks people to confirm by email, but no mail server is set up. Send"
        " it if you know the person, or set up mail and ask them."
    ),
    "address_often": _(
        "This address signed up here several times today. Send it if you know the"
        " person, or close it."
    ),
    "address_everywhere": _(
        "This address signed up many times today, on several forms. Send it if you"
        " know the person, or close it."
    ),
    "blocked_spam": _(
        "This address is blocked: an admin marked an earlier sign-up as spam. Mark"
        " this one as fine to unblock the address, or close it."
    ),
    "blocked_not_me": _(
        "This address is blocked on this form: its owner said of an earlier sign-up,"
        " this was not me. Send it only if they asked you to, or close it."
    ),
    "too_many_mails": _(
        "This person could not be asked to confirm: Latchkey had sent as many"
        " confirmation emails to the address, or from the form, as its limits allow."
        " Ask again tomorrow, or send it if you know the person."
    ),
    "cannot_receive": _(
        "The domain of this address cannot receive email, so it is probably mistyped."
        " Correct it and send it again, or close it."
    ),
    "known_unasked": _(
        "Constant Contact knows this contact, and no mail server is set up to ask the"
        " person if the new answers are theirs. Send it if you know the person, or"
        " close it."
    ),
    # confirming
    "form_asks": _(
        "This form asks everyone to confirm by email. This person hasn’t yet."
    ),
    "known_contact": _(
        "This person is already a contact at Constant Contact, so Latchkey asked by"
        " email whether the new answers are theirs."
    ),
    "came_back": _(
        "This person unsubscribed earlier, so Latchkey asked by email whether they want"
        " to come back."
    ),
    "answers_wait": _(
        "The address was added to the lists. Latchkey sends the answers once the person"
        " confirms them by email."
    ),
    # waiting
    "released": _("An admin approved this. It will be sent next."),
    "corrected": _("An admin corrected it. It is on its way."),
    # delivered
    "lists_only": _(
        "The address was added to the lists. The answers weren’t confirmed, so Latchkey"
        " didn’t send them."
    ),
    # closed
    "not_me": _("The owner of the address said: this wasn’t me."),
    "not_asked": _(
        "The form was deleted before Latchkey asked the person to confirm, so nothing"
        " was sent."
    ),
    "bounced": _("The confirmation email bounced: this address can’t receive email."),
    "spam": _("An admin marked this as spam."),
}

# What people and mails did to a sign-up, for its page and its evidence.
SIGNUP_EVENTS: dict[str, LazyString] = {
    "asked": _("Asked by email to confirm"),
    "reminded": _("Reminded by email"),
    "resent": _("Asked by email again"),
    "confirmed": _("Confirmed"),
    "not_me": _("Said: this wasn’t me"),
    "unconfirmed": _("Not confirmed in time"),
    "bounced": _("The confirmation email bounced"),
    "released": _("Approved by an admin"),
    "spam": _("Marked as spam"),
    "corrected": _("Corrected and sent again"),
    "resubscribed": _("Sent although the person had unsubscribed"),
}

# What screening saw, for the page of a sign-up: a sentence each.
SIGNALS: dict[str, LazyString] = {
    "trap": _("A field that people can’t see was filled in."),
    "blocked_spam": _("An admin marked this address as spam earlier."),
    "blocked_not_me": _("The owner of the address said earlier: this wasn’t me."),
    "attack": _("The form was getting far more sign-ups than usual."),
    "wrong_proof": _("The browser’s background check was faked."),
    "disposable": _("The address is from a disposable email service."),
    "address_often": _(
        "The address was signed up on this form several times in a day."
    ),
    "address_everywhere": _(
        "The address was signed up many times in a day, on several forms."
    ),
    "crowd": _(
        "A very large number of people signed up from the same network within an hour."
    ),
    "busy_network": _("Many people signed up from the same network within an hour."),
    "too_fast": _("The form was submitted faster than anyone can type."),
    "unproven_burst": _(
        "Many sign-ups on this form came without the browser’s background check."
    ),
    "no_proof": _("The browser didn’t run JavaScript."),
    "pasted": _("It came from HTML pasted into one of your pages."),
}

SIGNALS_IN_SHORT: dict[str, LazyString] = {
    "trap": _("Hidden field filled in"),
    "blocked_spam": _("Marked as spam before"),
    "blocked_not_me": _("Said “not me” before"),
    "attack": _("Far more sign-ups than usual"),
    "wrong_proof": _("Faked check"),
    "disposable": _("Disposable address"),
    "address_often": _("Same address again"),
    "address_everywhere": _("Same address on several forms"),
    "crowd": _("Very busy network"),
    "busy_network": _("Busy network"),
    "too_fast": _("Faster than anyone can type"),
    "unproven_burst": _("Many without JavaScript"),
    "no_proof": _("No JavaScript"),
    "pasted": _("Pasted HTML"),
}
