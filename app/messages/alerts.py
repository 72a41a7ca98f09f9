"""What mails say, and why a mail did not go out.

Owners are told in plain words, admins exactly.
"""

from flask_babel import LazyString, ngettext
from flask_babel import lazy_gettext as _

Letter = tuple[LazyString, LazyString]  # a subject, and a text

LETTERS: dict[str, Letter] = {
    "owner_needed": (
        _("Please connect %(name)s once more"),
        _(
            "Hello,\n\n%(happened)s\n\nNobody who signs up is lost: sign-ups for"
            " %(name)s are kept safely and go out by themselves once you have connected"
            " again. %(waiting)s\n\nPlease open this page and press the button on it;"
            " have the login of your Constant Contact account at"
            " hand:\n\n%(link)s\n\nThe page works once, until %(until)s.\n\n%(who)s"
            " asks for this. If you did not expect this mail, ask them before you"
            " follow the link."
        ),
    ),
    "owner_mended": (
        _("%(name)s works again"),
        _(
            "Hello,\n\nThe connection of %(name)s to Constant Contact works again. What"
            " waited goes out by itself, and there is nothing left for you to"
            " do.\n\nThank you. If you have a question, ask %(who)s."
        ),
    ),
    "admin_needed": (
        _("%(name)s needs its owner"),
        _(
            "%(reason)s\n\n%(waiting)s New ones are accepted as"
            " ever.\n\n%(asked)s\n\nThe account, with all that happened:\n%(page)s"
        ),
    ),
    "admin_mended": (
        _("%(name)s works again"),
        _(
            "The connection of %(name)s works again. What waited goes out by"
            " itself.\n\nThe account, with all that happened:\n%(page)s"
        ),
    ),
    "installation_needed": (
        _("Latchkey at %(host)s needs you"),
        _(
            "%(reason)s\n\n%(stopped)s %(waiting)s New ones are accepted as"
            " ever.\n\nThis is for whoever runs Latchkey, so no owner was"
            " told.\n\n%(page)s"
        ),
    ),
    "installation_mended": (
        _("Latchkey at %(host)s works again"),
        _(
            "What kept accounts from being served is over. What waited goes out by"
            " itself.\n\n%(page)s"
        ),
    ),
    "disconnected": (
        _("%(name)s was disconnected by its owner"),
        _(
            "The owner of %(name)s pressed Disconnect on their status page. Its tokens"
            " are deleted here.\n\nSign-ups of its forms are accepted as ever and wait"
            " until it is connected again. The account:\n%(page)s"
        ),
    ),
    "attack": (
        _("Unusual activity on the form “%(form)s”"),
        _(
            "%(sentence)s\n\nThere is nothing you have to do now. Afterwards, send or"
            " close what came in as one batch:\n%(page)s"
        ),
    ),
    "test": (
        _("A test mail from Latchkey"),
        _(
            "%(who)s asked for this mail on the setup page of %(page)s. It arrived, so"
            " notices about accounts will too."
        ),
    ),
}

# What owners read of a reason; admins read REASONS.
HAPPENED: dict[str, LazyString] = {
    "forbidden": _(
        "Constant Contact says that the login you connected may not add contacts. Give"
        " it a role that may, or connect once more with another login."
    ),
    "privileges_missing": _(
        "Constant Contact says that the login you connected may no longer add contacts"
        " or see lists. Give it a role that may, or connect once more with another"
        " login."
    ),
    "unused": _(
        "Constant Contact ended the permission that you gave, because it had lain"
        " unused for half a year."
    ),
}
HAPPENED_ELSE = _(
    "Constant Contact no longer accepts the permission that was given for your account."
    " Such a permission ends now and then, and is given anew in a minute."
)

OWNER_ASKED = _(
    "The owner was sent a link to connect again at %(email)s. It works once, until"
    " %(until)s."
)
NOBODY_ASKED = _(
    "No mail address of the owner is known here, so only admins were told. On the"
    " account’s page you can make a link to pass on, and enter the address for next"
    " time."
)
ADMIN_TOO = _("As an admin you find all that happened here:\n%(page)s")

# Why a mail did not go out.
NOTICE_REASONS: dict[str, LazyString] = {
    "unreachable": _("The mail server could not be reached."),
    "unanswered": _("The mail server stopped answering. The mail may come twice."),
    "not_now": _("The mail server asked to come back later."),
    "tls": _(
        "The mail server’s certificate was not accepted, or encryption failed. Does"
        " SMTP_URL name the host that the certificate is for?"
    ),
    "no_tls": _(
        "The mail server offers no encryption, so nothing was sent, not even the"
        " password. Use smtps:// in SMTP_URL, or a server with STARTTLS."
    ),
    "login_refused": _("The mail server refused the user and password of SMTP_URL."),
    "sender_refused": _("The mail server will not send for LATCHKEY_MAIL_FROM."),
    "server_refused": _("The mail server would not talk to us."),
    "recipient_refused": _("The mail server refused the recipient for good."),
    "mail_refused": _("The mail server refused the mail for good."),
    "cannot_open": _(
        "The text was sealed with a key that is not in LATCHKEY_KEY, so it could not be"
        " sent."
    ),
    "kept_failing": _("It could not be sent for three days."),
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
        "Unusual activity on the form “%(form)s”: %(num)s sign-up in %(minutes)s"
        " minutes, usually %(usual)s.",
        "Unusual activity on the form “%(form)s”: %(num)s sign-ups in %(minutes)s"
        " minutes, usually %(usual)s.",
        number,
        form=form,
        minutes=minutes,
        usual=usual,
    )
    then = _("New sign-ups are put on hold until it is quiet. It ends by itself.")
    if asks:
        then = _(
            "New sign-ups are asked to confirm by email until it is quiet. It ends by"
            " itself."
        )
    return f"{seen} {then}"


def happened(reason: str | None) -> str:
    """Return what an owner is told about a reason."""
    return str(HAPPENED.get(reason or "", HAPPENED_ELSE))


def how_many_wait(number: int) -> str:
    """Return a sentence on how many sign-ups wait just now."""
    if not number:
        return str(_("None is waiting at the moment."))
    return str(
        ngettext("%(num)s sign-up is waiting.", "%(num)s sign-ups are waiting.", number)
    )


def how_many_stopped(number: int) -> str:
    """Return a sentence on how many accounts cannot be served."""
    return str(
        ngettext(
            "%(num)s account is stopped by it.",
            "%(num)s accounts are stopped by it.",
            number,
        )
    )
