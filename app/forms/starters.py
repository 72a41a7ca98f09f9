"""Three forms to start from, so that a good one takes minutes.

They ask for nothing that an account could lack.
"""

from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from app.forms.fields import STANDARD


@dataclass(frozen=True)
class Starter:
    """A form's words and fields.

    `asks` are keys of `STANDARD`, each with whether an answer is required.
    """

    title: LazyString
    about: LazyString
    heading: LazyString
    intro: LazyString
    consent: LazyString
    button: LazyString
    success: LazyString
    asks: dict[str, bool]

    @property
    def fields(self) -> list[dict[str, Any]]:
        fields = []
        for key, required in self.asks.items():
            label = str(STANDARD[key].label)
            fields.append({"key": key, "label": label, "required": required})
        return fields

    def words(self) -> dict[str, str]:
        """Return the texts that a new form begins with, by the names of `Draft`."""
        return {
            "name": str(self.title),
            "heading": str(self.heading),
            "intro": str(self.intro),
            "consent": str(self.consent),
            "button": str(self.button),
            "success": str(self.success),
        }


STARTERS: dict[str, Starter] = {
    "newsletter": Starter(
        title=_("Newsletter"),
        about=_(
            "An email address and a first name. Fewer questions get more sign-ups."
        ),
        heading=_("Join our newsletter"),
        intro=_("News from us, once or twice a month."),
        consent=_("Yes, send me news by email. I can unsubscribe at any time."),
        button=_("Sign me up"),
        success=_("Thank you! You’re on the list."),
        asks={"first_name": False},
    ),
    "event": Starter(
        title=_("Event or workshop"),
        about=_("Full names and a phone number, ready for your door list."),
        heading=_("Save your place"),
        intro=_("Let us know you’re coming, and we’ll send you the details."),
        consent=_(
            "Yes, send me emails about this event and others like it. I can unsubscribe"
            " at any time."
        ),
        button=_("Save my place"),
        success=_("Thank you! We look forward to seeing you."),
        asks={"first_name": True, "last_name": True, "phone_number": False},
    ),
    "supporters": Starter(
        title=_("Volunteers and donors"),
        about=_("Names, employers, phone numbers, and postal addresses."),
        heading=_("Lend a hand"),
        intro=_(
            "Leave your contact details, and we’ll get in touch when we need help."
        ),
        consent=_(
            "Yes, send me emails about volunteering and giving. I can unsubscribe at"
            " any time."
        ),
        button=_("Count me in"),
        success=_("Thank you! We will be in touch."),
        asks={
            "first_name": True,
            "last_name": True,
            "company_name": False,
            "phone_number": False,
            "address": False,
        },
    ),
}
FIRST = "newsletter"
