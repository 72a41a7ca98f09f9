"""What the thanks page says of the mail that asks people to confirm.

It is the same for everybody who pressed: nobody learns whether an address is known, or
whether a press looked suspicious.
"""

from flask_babel import gettext

from app.forms.models import Confirmation, KnownContacts
from app.mail import outbox
from app.services import services
from app.signups.form_cache import ShownForm
from app.signups.screening.verdict import confirmation_of


def of(form: ShownForm) -> list[str]:
    """Return what may come by mail, a sentence each; [] when nobody is asked."""
    if not services().settings.mails or not _asks_anybody(form):
        return []
    if confirmation_of(form) == Confirmation.ON:
        sentence = gettext(
            "One more step: we’ve sent you an email. Open the link in it to confirm."
        )
    else:
        sentence = gettext(
            "If we need you to confirm, you’ll get an email with a link."
        )
    sentences = [sentence]
    if outbox.is_slow(services().clock.now()):
        sentences.append(
            gettext("Emails are delayed right now, so this may take a while.")
        )
    return sentences


def _asks_anybody(form: ShownForm) -> bool:
    return (
        form.confirmation != Confirmation.OFF
        or form.known_contacts != KnownContacts.UPDATE
    )
