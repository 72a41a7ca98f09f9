"""One sign-up, one verdict: delivered, later, held, parked, or the account waits."""

from app.delivery import worker
from app.signups.models import State
from tests.world import World


def test_a_sign_up_reaches_the_provider(world: World) -> None:
    account = world.account()
    form = world.form(account)
    row = world.signup(form, "Zoë.New@example.com".replace("ë", "e"), body={
        "first_name": "Zoë", "list_memberships": [form.lists[0]["list_id"]]})

    worker.drain()

    row = world.again(row)
    contact = world.contacts(account)["zoe.new@example.com"]
    assert (row.state, row.action) == (State.DELIVERED, "created")
    assert contact["first_name"] == "Zoë"
    assert contact["list_memberships"] == [form.lists[0]["list_id"]]
    assert contact["email_address"]["permission_to_send"] == "explicit"
