"""Sign-ups of forms that update exactly, and contacts that they meet."""

from typing import Any

from app.accounts.models import Account
from app.forms.models import Form
from app.signups.models import Signup
from tests.world import World

EMAIL, ID = "zoe@example.com", "5a1c1f6e-0000-4000-8000-00000000beef"


def exact(
    world: World,
    form: Form,
    email: str = EMAIL,
    clear: list[str] | None = None,
    **body: Any,
) -> Signup:
    """A sign-up of a form that updates exactly."""
    return world.signup(
        form,
        email,
        body={
            "list_memberships": [item["list_id"] for item in form.lists],
            **body,
            "exactly": {"clear": clear or []},
        },
    )


def called(world: World) -> list[str]:
    """The methods of all calls to contact routes."""
    return [
        one["method"]
        for one in world.calls("")
        if one["path"].startswith("/v3/contacts")
    ]


def known(
    world: World, account: Account, status: str = "implicit", **holds: Any
) -> dict[str, Any]:
    """A contact that the account has, as the provider keeps it: what is changed in it
    is so from then on.
    """
    world.control("contacts", account=account.provider_id, email=EMAIL, status=status)
    contact = world.simulator.state.accounts[account.provider_id].find(EMAIL)
    assert contact
    contact.update(holds)
    return contact
