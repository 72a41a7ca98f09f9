"""The owner's own page: how it goes, connecting again, disconnecting."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app import messages
from app.accounts import health, status_links
from app.accounts.models import Account, OwnerPage
from app.database.session import db, write_transaction
from tests.accounts.links import life, refused
from tests.accounts.owner import BAKER, Owner, consent
from tests.dashboard.reading import text_of
from tests.world import PUBLIC_URL, World, csrf_of


class TestStatusPage:
    """The owner's own page, by link."""

    @pytest.fixture
    def account(self, world: World) -> Account:
        return world.account()

    @pytest.fixture
    def address(self, account: Account) -> str:
        return status_links.make(account.id, "admin@example.com").address.removeprefix(
            PUBLIC_URL
        )

    def test_it_says_who_is_connected_and_who_waits(
        self, world: World, visitor: FlaskClient, account: Account, address: str
    ) -> None:
        world.signup(world.form(account))
        words = text_of(visitor.get(address).text)

        assert "Everything’s working" in words
        assert account.name in words
        assert account.login in words
        assert "Waiting to be sent 1" in words
        assert "On hold here" not in words

    def test_it_says_what_is_held_by_us_and_what_by_constant_contact(
        self, world: World, visitor: FlaskClient, account: Account, address: str
    ) -> None:
        form = world.form(account)
        world.signup(form)
        for n, state in enumerate(("held", "parked", "parked")):
            world.signup(form, f"a{n}@example.com", state=state, due_at=None)
        words = {}
        for trouble in ("", "provider_down", "grant_refused"):
            with write_transaction() as session:
                session.get_one(Account, account.id).trouble = trouble or None
            words[trouble] = text_of(visitor.get(address).text)

        assert "Waiting to be sent 1" in words[""]
        assert "On hold here, to be checked 1" in words[""]
        assert "Refused by Constant Contact, to be fixed here 2" in words[""]
        assert "Held up by Constant Contact 1" in words["provider_down"]
        assert "Waiting until you reconnect 1" in words["grant_refused"]

    def test_its_token_is_stored_as_a_digest_only(self, address: str) -> None:
        token = address.rpartition("/")[2]
        page = db.session.scalars(select(OwnerPage)).one()

        assert token not in (page.digest, page.id)
        assert len(page.digest) == 64

    def test_a_new_link_ends_the_old_one(
        self, visitor: FlaskClient, account: Account, address: str
    ) -> None:
        newer = status_links.make(account.id, "admin@example.com").address.removeprefix(
            PUBLIC_URL
        )

        assert visitor.get(address).status_code == 404
        assert visitor.get(newer).status_code == 200

    def test_closed_it_leads_nowhere_and_does_nothing(
        self, world: World, visitor: FlaskClient, account: Account, address: str
    ) -> None:
        page = visitor.get(address).text
        admin = world.signed_in()
        admin.post(
            f"/accounts/{account.id}/status-page/close",
            data={"csrf_token": csrf_of(admin.get(f"/accounts/{account.id}").text)},
        )
        gone = visitor.post(f"{address}/disconnect", data={"csrf_token": csrf_of(page)})

        assert gone.status_code == 404
        assert visitor.get(address).status_code == 404
        assert world.again(account).disconnected_at is None

    def test_its_owner_connects_again_from_there_and_comes_back(
        self, world: World, account: Account, address: str
    ) -> None:
        refused(world, account)
        owner = Owner(world)
        page = owner.open(address).text
        assert "Please reconnect" in text_of(page)

        leave = owner.press("", page, f"{address}/reconnect").headers["Location"]
        cookie = owner.ours.get_cookie("latchkey_owner", path="/connect")
        done = owner.come_back(consent(owner.theirs, leave, BAKER))

        assert cookie
        assert address.rpartition("/")[2] not in cookie.value
        assert f'href="{address}"' in done.text
        assert "Everything’s working" in text_of(owner.open(address).text)

    def test_a_failed_trip_from_there_is_started_again_without_a_login(
        self, world: World, address: str
    ) -> None:
        owner = Owner(world)
        leave = owner.press(
            "", owner.open(address).text, f"{address}/reconnect"
        ).headers["Location"]
        failed = owner.come_back(consent(owner.theirs, leave, BAKER, allow=False))
        again = owner.press("", failed.text)

        assert again.status_code == 303
        assert again.headers["Location"].startswith(world.simulator.url)

    def test_its_owner_disconnects_there(
        self, world: World, visitor: FlaskClient, account: Account, address: str
    ) -> None:
        page = visitor.get(address).text
        visitor.post(f"{address}/disconnect", data={"csrf_token": csrf_of(page)})
        words = text_of(visitor.get(address).text)

        assert "Latchkey deleted its keys to your account" in words
        assert world.again(account).token_set is None
        assert life(account)[-1] == "disconnected"

    def test_whoever_connected_by_a_link_may_keep_the_page(
        self, owner: Owner, world: World
    ) -> None:
        done = owner.connect(owner.link())
        found = re.search(r'action="(/connect/done/[^"]+/status-page)"', done.text)
        assert found
        kept = owner.press("", done.text, found[1])

        assert kept.headers["Location"].startswith("/owner/")
        assert ("Everything’s working") in text_of(
            owner.open(kept.headers["Location"]).text
        )

    def test_another_browser_gets_no_page_for_that_trip(
        self, owner: Owner, visitor: FlaskClient
    ) -> None:
        done = owner.connect(owner.link())
        found = re.search(r'action="(/connect/done/[^"]+/status-page)"', done.text)
        assert found
        page = visitor.get("/sign-in").text

        assert (
            visitor.post(found[1], data={"csrf_token": csrf_of(page)}).status_code
            == 404
        )

    def test_it_notes_that_somebody_looked_once_an_hour(
        self, world: World, visitor: FlaskClient, account: Account, address: str
    ) -> None:
        visitor.get(address)
        first = status_links.newest(account.id)
        assert first
        at = first.opened_at
        world.clock.advance(hours=2)
        visitor.get(address)
        db.session.expire_all()
        later = status_links.newest(account.id)

        assert at
        assert later
        assert later.opened_at
        assert later.opened_at - at == timedelta(hours=2)

    @pytest.mark.parametrize(
        ("values", "told"),
        [
            ({"trouble": "provider_down"}, "Sign-ups are waiting for a moment"),
            ({"trouble": "client_refused"}, "We need to fix something on our side"),
            ({"trouble": "cannot_open"}, "We need to fix something on our side"),
            ({"privileges_missing": "contacts:write"}, "can’t add contacts anymore"),
        ],
    )
    def test_every_trouble_has_the_owners_own_words(
        self,
        world: World,
        visitor: FlaskClient,
        address: str,
        account: Account,
        values: dict[str, str],
        told: str,
    ) -> None:
        with write_transaction() as session:
            session.execute(
                update(Account).where(Account.id == account.id).values(**values)
            )

        assert told in text_of(visitor.get(address).text)


def test_every_state_has_words_for_the_owner() -> None:
    assert set(messages.OWNER_STATES) == set(health.ORDER)
    assert set(messages.FOR_OPERATORS) <= set(messages.OWNER_REASONS)
