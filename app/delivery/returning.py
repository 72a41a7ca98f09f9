"""People who unsubscribed and have signed up again since.

Nobody is subscribed again who left after their last word here.
"""

from datetime import UTC, timedelta

from app.constant_contact.client import Contact
from app.delivery.claims import ClaimedSignup
from app.delivery.outcomes import AskFirst, Held, Outcome

# the provider's times have no fractions of a second
PRECISION = timedelta(seconds=1)


def verdict_on(job: ClaimedSignup, contact: Contact) -> Outcome | None:
    """Return what is done about a contact that opted out; None: it may be sent.

    Who confirmed after they had left wants to come back. Who left after the press is
    not asked: an admin decides. Without a time nobody knows which came first.
    """
    left_at = contact.email_address.opt_out_date
    if left_at is not None:
        left_at = left_at.replace(tzinfo=left_at.tzinfo or UTC) + PRECISION
        if job.confirmed_at and job.confirmed_at > left_at:
            return None
        if left_at >= job.created_at:
            return Held("opted_out")
    if job.confirmed_at:
        return Held("opted_out")
    return AskFirst("came_back")
