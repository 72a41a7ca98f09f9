"""What the provider holds of a signed-up person at this moment.

It is asked when an admin asks, and nothing is kept.
"""

from dataclasses import dataclass

from app.accounts import tokens
from app.accounts.api_rate import RateLimited
from app.accounts.authorized_call import authorized_call
from app.constant_contact import errors
from app.core.crypto import CannotDecrypt
from app.signups.models import Signup

PATIENCE = 2  # seconds that somebody who looks at a page waits for a refresh under way


class CouldNotAsk(Exception):
    """There is no answer just now; nothing was changed."""


@dataclass(frozen=True)
class Standing:
    """`permission` is the provider's word, or "deleted", or "nobody"; `lists` are ids."""

    permission: str
    lists: list[str]


def look_up(signup: Signup) -> Standing:
    """Ask for the contact of this sign-up's address, in one paced call.

    Raises `CouldNotAsk`.
    """
    try:
        contact = authorized_call(
            signup.account_id, lambda api: api.find(signup.email, lists=True), PATIENCE
        )
    except (
        errors.ProviderError,
        RateLimited,
        tokens.NotNow,
        tokens.NeedsOwner,
        CannotDecrypt,
    ) as error:
        raise CouldNotAsk from error
    if contact is None:
        return Standing("nobody", [])
    permission = contact.email_address.permission_to_send or "not_set"
    if contact.deleted_at:
        permission = "deleted"
    return Standing(permission, contact.list_memberships)
