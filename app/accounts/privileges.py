"""What the connected login must be allowed to do at the provider."""

from app.constant_contact.client import Client
from app.services import services

NEEDED = {"contacts:write", "contacts:lists:read"}
AGAIN = 3.0  # seconds


def missing(api: Client) -> list[str]:
    """The privileges that the login lacks, by name, when two looks agree.

    Raises a `ProviderError` or `NoAllowance`.
    """
    lacks = api.lacking(NEEDED)
    if lacks:
        services().clock.sleep(AGAIN)
        lacks &= api.lacking(NEEDED)
    return sorted(lacks)
