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
    """A form's words and fields; `asks` are keys of `STANDARD` with whether each is
    required.
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
        return [
            {"key": key, "label": str(STANDARD[key].label), "required": required}
            for key, required in self.asks.items()
        ]

    def words(self) -> dict[str, str]:
        """What the builder opens with, by the names of `Draft`."""
        texts = ("heading", "intro", "consent", "button", "success")
        return {
            "name": str(self.title),
            **{name: str(getattr(self, name)) for name in texts},
        }


STARTERS: dict[str, Starter] = {
    "newsletter": Starter(
        _("Newsletter"),
        _(
            "The address and a first name. The fewer questions, the more people"
            " sign up."
        ),
        _("Join our newsletter"),
        _("News from us, once or twice a month."),
        _("Yes, send me news by e-mail. I can unsubscribe at any time."),
        _("Sign me up"),
        _("Thank you! You are on the list."),
        {"first_name": False},
    ),
    "event": Starter(
        _("Event or workshop"),
        _("Full names and a telephone number, for a list at the door."),
        _("Save your place"),
        _("Tell us that you are coming, and we send you the details."),
        _(
            "Yes, send me e-mails about this event and others like it. I can"
            " unsubscribe at any time."
        ),
        _("Save my place"),
        _("Thank you! We look forward to seeing you."),
        {"first_name": True, "last_name": True, "phone_number": False},
    ),
    "supporters": Starter(
        _("Volunteers and donors"),
        _("Names, where they work, how to reach them by telephone and by post."),
        _("Lend a hand"),
        _("Tell us how to reach you, and we write to you when help is needed."),
        _(
            "Yes, send me e-mails about volunteering and giving. I can unsubscribe at"
            " any time."
        ),
        _("Count me in"),
        _("Thank you! We will be in touch."),
        {
            "first_name": True,
            "last_name": True,
            "company_name": False,
            "phone_number": False,
            "address": False,
        },
    ),
}
FIRST = "newsletter"
