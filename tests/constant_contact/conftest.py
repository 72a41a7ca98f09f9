"""A provider that says whatever a test wants."""

from collections.abc import Iterator

import pytest

from tests.constant_contact.endpoint import Endpoint, endpoint


@pytest.fixture
def provider() -> Iterator[Endpoint]:
    with endpoint() as running:
        yield running
