"""The mail that asks somebody to confirm a sign-up.

Nothing in it was typed by a visitor, not even a name.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

SUBJECT = _("Please confirm your sign-up for %(organization)s")
REMINDER = _("Reminder: %(subject)s")
INTRO = _(
    "Hello,\n\nSomebody entered this email address in the form “%(form)s” of"
    " %(organization)s. If that was you, please confirm."
)
# One more sentence, by why somebody is asked.
WHY: dict[str, LazyString] = {
    "known_contact": _(
        "%(organization)s knows this address already. Your new answers replace the old"
        " ones once you confirm."
    ),
    "came_back": _(
        "You unsubscribed from %(organization)s earlier. Once you confirm, you get its"
        " emails again."
    ),
    "answers_wait": _(
        "You are on the list already. Once you confirm, your answers are added."
    ),
}
TEXT = _(
    "%(intro)s\n\n"
    "Yes, sign me up:\n%(link)s\n\n"
    "%(facts)s\n"
    "The link works until %(until)s.\n\n"
    "If this wasn't you, you don't have to do anything. To stop sign-ups of your address"
    " with this form, press this link:\n%(not_me)s\n\n"
    "-- \n%(sender)s\n"
)
FORM = _("Form: %(form)s")
LISTS = _("Lists: %(lists)s")
