"""What mails say, and why a mail did not go out.

Owners are told in plain words, admins exactly.
"""

from flask_babel import LazyString, ngettext
from flask_babel import lazy_gettext as _

Letter = tuple[LazyString, LazyString]  # a subject, and a text

LETTERS: dict[str, Letter] = {
    "owner_needed": (
        _("Please reconnect %(name)s"),
        _(
            "Hello,\n\n%(happened)s\n\nNo sign-ups are lost. Latchkey keeps new sign-ups"
            " for %(name)s and sends them as soon as you reconnect. %(waiting)s\n\nTo"
            " reconnect, open this page and select the button. You need your Constant"
            " Contact login:\n\n%(link)s\n\nThe link works once, until %(until)s.\n\nThis"
            " email was sent for %(who)s. If you didn’t expect it, ask them before you"
            " open the link."
        ),
    ),
    "owner_mended": (
        _("%(name)s works again"),
        _(
            "Hello,\n\n%(name)s is connected to Constant Contact again. Waiting sign-ups"
            " are being sent now. There’s nothing left for you to do.\n\nThank you. If"
            " you have a question, ask %(who)s."
        ),
    ),
    "admin_needed": (
        _("%(name)s needs its owner"),
        _(
            "%(reason)s\n\n%(waiting)s Forms keep accepting new ones.\n\n%(asked)s\n\nThe"
            " account and its history:\n%(page)s"
        ),
    ),
    "admin_mended": (
        _("%(name)s works again"),
        _(
            "%(name)s is connected to Constant Contact again. Waiting sign-ups are"
            " being sent now.\n\nThe account and its history:\n%(page)s"
        ),
    ),
    "installation_needed": (
        _("Latchkey at %(host)s needs you"),
        _(
            "%(reason)s\n\n%(stopped)s %(waiting)s Forms keep accepting new ones.\n\nOnly a"
            " person who runs Latchkey can fix this, so account owners didn’t get an"
            " email.\n\n%(page)s"
        ),
    ),
    "installation_mended": (
        _("Latchkey at %(host)s works again"),
        _(
            "The problem that stopped accounts is solved. Waiting sign-ups are being"
            " sent now.\n\n%(page)s"
        ),
    ),
    "disconnected": (
        _("%(name)s was disconnected by its owner"),
        _(
            "The owner of %(name)s selected Disconnect on their status page. Latchkey"
            " deleted its tokens.\n\nIts forms keep accepting sign-ups, which wait until"
            " the account is reconnected. The account:\n%(page)s"
        ),
    ),
    "attack": (
        _("Unusual activity on the form “%(form)s”"),
        _(
            "%(sentence)s\n\nYou don’t need to do anything now. When it’s over, you can"
            " send or close these sign-ups all at once:\n%(page)s"
        ),
    ),
    "test": (
        _("Test email from Latchkey"),
        _(
            "%(who)s requested this email on the setup page of %(page)s. It arrived, so"
            " email alerts will arrive too."
        ),
    ),
}

# What owners read of a reason; admins read REASONS.
HAPPENED: dict[str, LazyString] = {
    "forbidden": _(
        "Constant Contact says the login you connected isn’t allowed to add contacts."
        " Give this login the Account Manager role, or reconnect with a different"
        " login."
    ),
    "privileges_missing": _(
        "Constant Contact says the login you connected can no longer add contacts or"
        " see lists. Give this login the Account Manager role, or reconnect with a"
        " different login."
    ),
    "unused": _(
        "Constant Contact ended the connection because it wasn’t used for half a year."
    ),
}
HAPPENED_ELSE = _(
    "Constant Contact no longer accepts the connection to your account. This happens"
    " from time to time, and reconnecting takes a minute."
)

OWNER_ASKED = _(
    "Latchkey emailed the owner a reconnect link at %(email)s. It works once, until"
    " %(until)s."
)
NOBODY_ASKED = _(
    "Latchkey doesn’t know the owner’s email address, so only admins got this email. On"
    " the account’s page you can create a link to pass on, and enter the address for"
    " next time."
)
ADMIN_TOO = _("As an admin, you can see the account’s history here:\n%(page)s")

# Why a mail did not go out.
NOTICE_REASONS: dict[str, LazyString] = {
    "unreachable": _("Latchkey couldn’t reach the mail server."),
    "unanswered": _("The mail server stopped answering. This email may arrive twice."),
    "not_now": _("The mail server asked Latchkey to try again later."),
    "tls": _(
        "Latchkey couldn’t set up an encrypted connection to the mail server, or didn’t"
        " accept its certificate. Check that SMTP_URL has the host name on the"
        " certificate."
    ),
    "no_tls": _(
        "The mail server doesn’t offer encryption, so Latchkey sent nothing, not even"
        " the password. Use smtps:// in SMTP_URL, or a server with STARTTLS."
    ),
    "login_refused": _(
        "The mail server refused the user name or password in SMTP_URL."
    ),
    "sender_refused": _(
        "The mail server doesn’t allow sending from LATCHKEY_MAIL_FROM."
    ),
    "server_refused": _("The mail server refused the connection."),
    "recipient_refused": _("The mail server permanently refused the recipient."),
    "mail_refused": _("The mail server permanently refused this email."),
    "cannot_open": _(
        "This email was encrypted with a key that isn’t in LATCHKEY_KEY, so Latchkey"
        " couldn’t send it."
    ),
    "kept_failing": _("Latchkey tried to send this for three days without success."),
}

NOTICE_STATES: dict[str, LazyString] = {
    "waiting": _("Waiting"),
    "sent": _("Sent"),
    "given_up": _("Given up"),
}


def letter(kind: str, /, **named: str) -> tuple[str, str]:
    """Return (subject, text) of a mail."""
    subject, text = LETTERS[kind]
    return str(subject % named), str(text % named)


def attack(form: str, number: int, minutes: int, usual: int, asks: bool) -> str:
    """Return sentences on a form that gets far more sign-ups than usual."""
    seen = ngettext(
        "Unusual activity on the form “%(form)s”: %(num)s sign-up in the last"
        " %(minutes)s minutes. The usual number is %(usual)s.",
        "Unusual activity on the form “%(form)s”: %(num)s sign-ups in the last"
        " %(minutes)s minutes. The usual number is %(usual)s.",
        number,
        form=form,
        minutes=minutes,
        usual=usual,
    )
    then = _(
        "New sign-ups are put on hold until things calm down. This ends automatically."
    )
    if asks:
        then = _(
            "People who sign up are asked to confirm by email until things calm down."
            " This ends automatically."
        )
    return f"{seen} {then}"


def happened(reason: str | None) -> str:
    """Return what an owner is told about a reason."""
    return str(HAPPENED.get(reason or "", HAPPENED_ELSE))


def how_many_wait(number: int) -> str:
    """Return a sentence on how many sign-ups wait just now."""
    if not number:
        return str(_("No sign-ups are waiting right now."))
    return str(
        ngettext("%(num)s sign-up is waiting.", "%(num)s sign-ups are waiting.", number)
    )


def how_many_stopped(number: int) -> str:
    """Return a sentence on how many accounts cannot be served."""
    return str(
        ngettext(
            "%(num)s account is affected.",
            "%(num)s accounts are affected.",
            number,
        )
    )
