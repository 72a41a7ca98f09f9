"""The mail that asks somebody to confirm a sign-up.

Nothing in it was typed by a visitor, not even a name.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

SUBJECT = _("Please confirm your sign-up for %(organization)s")
REMINDER = _("Reminder: %(subject)s")
INTRO = _(
    "Hello,\n\nSomeone entered this email address in the form “%(form)s” from"
    " %(organization)s. If that was you, please confirm."
)
# One more sentence, by why somebody is asked.
WHY: dict[str, LazyString] = {
    "known_contact": _(
        "This address is already a contact of %(organization)s. If you confirm, your"
        " new answers replace the old ones."
    ),
    "came_back": _(
        "You unsubscribed from %(organization)s earlier. If you confirm, you’ll get its"
        " emails again."
    ),
    "answers_wait": _(
        "You’re already on the list. If you confirm, your answers will be added."
    ),
}
TEXT = _(
    "%(intro)s\n\nYes, sign me up:\n%(link)s\n\n%(facts)s\nThis link works until"
    " %(until)s.\n\nIf this wasn’t you, you don’t have to do anything. To stop sign-ups"
    " of your address on this form, open this link:\n%(not_me)s\n\n-- \n%(sender)s\n"
)
FORM = _("Form: %(form)s")
LISTS = _("Lists: %(lists)s")
