"""What admins are emailed at most once a day for each cause, and what they choose from."""

from collections.abc import Sequence

from flask_babel import LazyString, format_decimal, gettext, ngettext
from flask_babel import lazy_gettext as _

Mail = tuple[str, str]  # subject and text
MAX_LINES = 10

# What an admin may switch off, in the order of the page. The first three are sent when
# something happens, the others at most once a day.
ALERTS: dict[str, LazyString] = {
    "account": _("An account needs its owner or you, and when it works again"),
    "disconnected": _("An owner disconnects their account"),
    "attack": _("A form gets far more sign-ups than usual"),
    "parked": _("Sign-ups need a fix"),
    "held": _("Sign-ups are on hold"),
    "gone": _("A list or custom field used by a form was deleted"),
    "imports": _("An import finished with errors"),
    "limit": _("The daily API limit is used up"),
    "mails": _("An email could not be sent"),
}

SUMMARIES: dict[str, LazyString] = {
    "off": _("No summary"),
    "daily": _("Every day"),
    "weekly": _("Every Monday"),
}


def parked(number: int, new: int, lines: Sequence[str], page: str) -> Mail:
    """Word the mail about sign-ups that the provider does not take as they are."""
    subject = ngettext(
        "%(num)s sign-up needs a fix", "%(num)s sign-ups need a fix", number
    )
    happened = ngettext(
        "Constant Contact refused %(num)s sign-up.",
        "Constant Contact refused %(num)s sign-ups.",
        number,
    )
    then = gettext(
        "No sign-ups are lost. Latchkey keeps each one and sends it once someone has"
        " fixed the problem. See what each one needs:"
    )
    return subject, _text(_with_new(happened, number, new), lines, then, page)


def held(number: int, new: int, lines: Sequence[str], page: str) -> Mail:
    """Word the mail about sign-ups that somebody has to decide about."""
    subject = ngettext(
        "%(num)s sign-up is on hold", "%(num)s sign-ups are on hold", number
    )
    happened = ngettext(
        "Latchkey put %(num)s sign-up on hold.",
        "Latchkey put %(num)s sign-ups on hold.",
        number,
    )
    then = gettext(
        "Latchkey sends nothing on hold until someone decides. Send or close these"
        " sign-ups:"
    )
    return subject, _text(_with_new(happened, number, new), lines, then, page)


def gone(names: Sequence[str], lines: Sequence[str], page: str) -> Mail:
    """Word the mail about lists and fields of forms that are gone at the provider."""
    number = len(names)
    subject = ngettext(
        "“%(name)s” was deleted at Constant Contact",
        "%(num)s lists or fields were deleted at Constant Contact",
        number,
        name=names[0],
    )
    happened = ngettext(
        "A form still uses a list or custom field that was deleted at Constant Contact:",
        "Forms still use %(num)s lists or custom fields that were deleted at Constant"
        " Contact:",
        number,
    )
    then = gettext(
        "Sign-ups that use it will need a fix. Choose another list or remove the field"
        " here:"
    )
    return subject, _text(happened, lines, then, page)


def gone_line(name: str, account: str, forms: Sequence[str]) -> str:
    """Return a line on one list or field, and the forms that use it."""
    return str(
        ngettext(
            "“%(name)s” of %(account)s, used by the form %(forms)s",
            "“%(name)s” of %(account)s, used by the forms %(forms)s",
            len(forms),
            name=name,
            account=account,
            forms=", ".join(forms),
        )
    )


def imports(number: int, lines: Sequence[str], page: str) -> Mail:
    """Word the mail about imports that did not come through whole."""
    subject = ngettext(
        "An import finished with errors",
        "%(num)s imports finished with errors",
        number,
    )
    happened = ngettext(
        "Constant Contact didn’t accept every contact in an import:",
        "Constant Contact didn’t accept every contact in %(num)s imports:",
        number,
    )
    then = gettext("The missing people aren’t on your lists yet. See what went wrong:")
    return subject, _text(happened, lines, then, page)


def import_line(file: str, account: str, missing: int, total: int) -> str:
    """Return a line on one import."""
    return str(
        ngettext(
            "“%(file)s” for %(account)s: %(num)s of %(total)s contacts was not imported",
            "“%(file)s” for %(account)s: %(num)s of %(total)s contacts were not imported",
            missing,
            file=file,
            account=account,
            total=format_decimal(total),
        )
    )


def limit(per_day: int, used: int, waiting: int, until: str, page: str) -> Mail:
    """Word the mail about a day whose calls are used up, and by whom."""
    if used >= per_day:
        whose = gettext(
            "Latchkey has used all of today’s %(number)s API calls to Constant Contact.",
            number=format_decimal(per_day),
        )
    else:
        whose = gettext(
            "Constant Contact says that today’s API calls are used up. Latchkey made"
            " %(used)s of %(number)s, so another program is using the same API key.",
            used=format_decimal(used),
            number=format_decimal(per_day),
        )
    people = gettext("Nobody is waiting now.")
    if waiting:
        people = ngettext(
            "%(num)s person is waiting.", "%(num)s people are waiting.", waiting
        )
    then = gettext(
        "Forms keep accepting sign-ups. Latchkey will continue at %(until)s.",
        until=until,
    )
    text = f"{whose}\n\n{people} {then}\n\n{gettext('See who is waiting:')}\n{page}"
    return gettext("The daily API limit is used up"), text


def mails(number: int, lines: Sequence[str], page: str) -> Mail:
    """Word the mail about mails that were given up."""
    subject = ngettext(
        "%(num)s email could not be sent", "%(num)s emails could not be sent", number
    )
    happened = ngettext(
        "Latchkey gave up sending %(num)s email:",
        "Latchkey gave up sending %(num)s emails:",
        number,
    )
    then = gettext(
        "The recipient didn’t get it. Check the address and the mail server:"
    )
    return subject, _text(happened, lines, then, page)


def confirmations_line(number: int, reason: str) -> str:
    """Return a line on mails that asked visitors to confirm."""
    return str(
        ngettext(
            "%(num)s email that asked someone to confirm a sign-up: %(reason)s",
            "%(num)s emails that asked people to confirm a sign-up: %(reason)s",
            number,
            reason=reason,
        )
    )


def _with_new(happened: str, number: int, new: int) -> str:
    """Add how many of them were not in an earlier mail."""
    if new == number:
        return happened
    more = ngettext("%(num)s of them is new.", "%(num)s of them are new.", new)
    return f"{happened} {more}"


def _text(happened: str, lines: Sequence[str], then: str, page: str) -> str:
    return f"{happened}\n\n{listed(lines)}\n\n{then}\n{page}"


def listed(lines: Sequence[str]) -> str:
    """Return lines as a list, and how many more there are."""
    shown = [f"- {line}" for line in lines[:MAX_LINES]]
    more = len(lines) - MAX_LINES
    if more > 0:
        shown.append(ngettext("- and %(num)s more", "- and %(num)s more", more))
    return "\n".join(shown)
