"""Why a sign-up is held or parked, in a few words: for a list to choose from."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

SHORT: dict[str, LazyString] = {
    "opted_out": _("Unsubscribed earlier"),
    "looks_automatic": _("Looks like a bot"),
    "suspicious": _("Unusual"),
    "no_mail": _("No mail server"),
    "address_often": _("Same address again"),
    "address_everywhere": _("Same address on several forms"),
    "blocked_spam": _("Marked as spam before"),
    "blocked_not_me": _("Said “not me” before"),
    "too_many_mails": _("Too many emails sent"),
    "cannot_receive": _("Domain can’t receive email"),
    "form_asks": _("Not confirmed yet"),
    "known_contact": _("Existing contact"),
    "known_unasked": _("Existing contact"),
    "came_back": _("Unsubscribed earlier"),
    "answers_wait": _("Answers not confirmed yet"),
    "invalid": _("Refused as invalid"),
    "list_missing": _("List or field is gone"),
    "contact_full": _("Contact is full"),
    "unsupported": _("API call refused"),
    "kept_failing": _("Kept failing"),
    "kills_worker": _("Crashed the worker"),
    "waited_too_long": _("Waited a month"),
    "abuse_flag": _("Signed up too often"),
}


def in_short(name: str) -> LazyString | str:
    """Return a reason in few words, or its own name where it has none."""
    return SHORT.get(name, name.replace("_", " "))
