"""Why sign-ups wait, in a few words and in sentences: for admins and operators.

Keys are the causes of `status/waiting`.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

CAUSES_OF_WAITING: dict[str, LazyString] = {
    "disconnected": _("Account disconnected"),
    "needs_operator": _("API key or encryption key"),
    "needs_owner": _("Account needs its owner"),
    "no_worker": _("No worker is running"),
    "stuck_worker": _("Worker is stuck"),
    "daily_limit": _("Daily API limit"),
    "provider_down": _("Constant Contact is down"),
    "account_retrying": _("Account is retrying"),
    "paused": _("Slower pace"),
    "own_retry": _("Will be retried"),
    "earlier_one": _("Behind an earlier sign-up"),
    "delivering": _("Being sent now"),
    "next": _("Next in line"),
}
