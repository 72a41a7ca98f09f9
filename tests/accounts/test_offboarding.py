"""Somebody is disabled: what they had begun ends, what they had decided goes on."""

import pytest

from app.accounts import invitations, offboarding
from app.auth import users
from app.imports import actions, step
from app.imports.models import ImportState
from tests.accounts.connecting import accounts, heading, outcome, title
from tests.accounts.owner import Owner, consent
from tests.imports.acting import Importing, people
from tests.world import PUBLIC_URL, World

ADA, BOB = "ada@example.com", "bob@example.com"


@pytest.fixture
def ada(world: World) -> Owner:
    """An admin who may be disabled, since there is another."""
    world.signed_in("admin", BOB)
    return Owner(world, world.signed_in("admin", ADA))


def callback_of(ada: Owner, path: str = "/accounts/connect") -> str:
    """Leave for the provider and consent there: the way back."""
    page = ada.open(path.rpartition("/")[0]).text
    return consent(ada.theirs, ada.press("", page, path).headers["Location"])


@pytest.mark.parametrize("change", ["disabled", "made a viewer"])
def test_who_may_no_longer_connect_connects_nothing(ada: Owner, change: str) -> None:
    callback = callback_of(ada)
    if change == "disabled":
        offboarding.disable(ADA)
    else:
        users.set_role(ADA, "viewer")
    page = ada.come_back(callback)

    assert outcome() == "person_left"
    assert heading(page.text) == title("person_left")
    assert accounts() == []
    assert "Start again" not in page.text


def test_a_trip_of_an_owner_does_not_hang_on_an_admin(ada: Owner, world: World) -> None:
    owner = Owner(world)
    link = invitations.create("Bakery", 7, BOB).address.removeprefix(PUBLIC_URL)
    callback = consent(owner.theirs, owner.leave(link))
    offboarding.disable(ADA)
    owner.come_back(callback)

    assert outcome() == "connected"


def test_their_unused_invitations_are_revoked_and_nobody_elses(ada: Owner) -> None:
    theirs = invitations.create("Bakery", 7, ADA).id
    others = invitations.create("Yoga", 7, BOB).id
    offboarding.disable(ADA)
    now = ada.world.clock.now()
    states = {link.id: invitations.state(link, now) for link in invitations.newest()}

    assert states == {theirs: "revoked", others: "open"}


def test_an_import_that_they_confirmed_goes_on(ada: Owner, world: World) -> None:
    importing = Importing(world, world.account())
    imported = importing.checked(people(3))
    actions.begin(imported.id, ADA)
    offboarding.disable(ADA)
    while step.step():
        pass

    assert importing.again(imported).state not in (
        ImportState.CANCELLED,
        ImportState.FAILED,
    )
    assert len(importing.parts(imported)) == 1
