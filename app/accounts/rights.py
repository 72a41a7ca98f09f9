"""What the connected login must be allowed to do at the provider."""

from app.constant_contact.client import Client

NEEDED = {"contacts:write", "contacts:lists:read"}


def missing(api: Client) -> list[str]:
    """The privileges that the login lacks, by name. Raises a `ProviderError` or `NoAllowance`."""
    return sorted(NEEDED - api.privileges())
