"""From an invitation to a connected account, from failure to another try, and links that
are closed.
"""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from sqlalchemy import func, select

from app import messages
from app.accounts import facts, invitations
from app.accounts.models import AccountEvent, AuthorizationTransaction
from app.database.session import db
from tests.accounts.connecting import (
    TOKEN,
    accounts,
    heading,
    link_row,
    owner_page,
    say,
    title,
    tokens_stored,
)
from tests.accounts.owner import (
    BAKER,
    INTERN,
    LIBRARIAN,
    MANAGER,
    YOGI,
    Owner,
    asked_for,
    consent,
    one_database,
)
from tests.world import PATIENCE, World, text_fields

# -- the good end


@one_database
def test_the_invitation_says_who_asks_for_what_in_plain_words(owner: Owner) -> None:
    page = owner.open(owner.link("Bakery newsletter")).text

    assert "admin@example.com" in re.sub(r"<[^>]+>", "", page)
    assert "Bakery newsletter" in page
    for scope in ("contact_data", "account_read", "offline_access"):
        assert say(messages.SCOPES[scope]) in page
        assert scope not in page
    assert page.count("<button") == 1
    assert "Connect Constant Contact</button>" in page


def test_an_owner_connects_their_account(owner: Owner, world: World) -> None:
    done = owner.connect(owner.link())
    account, link = accounts()[0], link_row()
    held = account.token_set

    assert done.status_code == 200
    assert heading(done.text) == "Maple & Rye Bakery is connected"
    for sentence in messages.CHECKLIST.values():
        assert say(sentence) in done.text
    assert "4 found" in done.text
    assert (account.provider_id, account.name, account.login) == (
        "a07e1mplrye1",
        "Maple & Rye Bakery",
        BAKER,
    )
    assert account.facts_read_at is not None
    assert held is not None
    assert (held.version, held.kind, held.refused_at) == (1, "unknown", None)
    assert set(held.scopes.split()) == {
        "contact_data",
        "account_read",
        "offline_access",
    }
    assert (invitations.state(link, world.clock.now()), link.account_id) == (
        "used",
        account.id,
    )
    assert [(o.what, o.detail) for o in db.session.scalars(select(AccountEvent))] == [
        ("connected", BAKER)
    ]
    assert [item.name for item in facts.lists_of(account.id)] == [
        "Baking Classes",
        "Newsletter",
        "Saturday Specials",
        "Wholesale Customers",
    ]


def test_lists_are_read_through_every_page(owner: Owner, world: World) -> None:
    done = owner.connect(owner.link(), LIBRARIAN)
    account = accounts()[0]

    assert "120 found" in done.text
    assert len(facts.lists_of(account.id)) == 120
    assert len(text_fields(account.id)) >= 1


def test_an_account_connected_again_is_renewed_in_place(
    owner: Owner, world: World
) -> None:
    owner.connect(owner.link())
    before = accounts()[0]
    form = world.form(before)
    id, grant, obtained = (
        before.id,
        before.token_set.grant_id,
        before.token_set.obtained_at,
    )  # type: ignore[union-attr]
    world.token_set(
        before, refused_at=world.clock.now(), failures=3, failure="grant_refused"
    )
    world.clock.advance(minutes=1)

    done = owner.connect(owner.link("Again"), MANAGER)
    after = accounts()
    held = after[0].token_set

    assert done.status_code == 200
    assert [account.id for account in after] == [id]
    assert world.again(form).account_id == id
    assert held is not None
    assert held.grant_id != grant
    assert held.obtained_at > obtained
    assert (held.refused_at, held.failures, held.failure) == (None, 0, None)
    assert tokens_stored() == 1
    assert sorted(o.what for o in db.session.scalars(select(AccountEvent))) == [
        "connected",
        "reconnected",
    ]


def test_a_disconnected_account_comes_back_with_its_forms(
    owner: Owner, world: World
) -> None:
    account = world.account(
        disconnected_at=world.clock.now(), trouble="grant_refused", trouble_count=4
    )
    owner.connect(owner.link())
    after = world.again(account)

    assert (after.disconnected_at, after.trouble, after.trouble_count) == (
        None,
        None,
        0,
    )


def test_several_accounts_live_side_by_side(owner: Owner, world: World) -> None:
    owner.connect(owner.link("One"))
    Owner(world).connect(owner.link("Two"), YOGI)
    Owner(world).connect(owner.link("Three"), LIBRARIAN)

    assert [account.name for account in accounts()] == [
        "Fernhill Public Library",
        "Maple & Rye Bakery",
        "Quiet Tide Yoga",
    ]
    assert tokens_stored() == 3


def test_an_admin_connects_without_a_link(world: World) -> None:
    admin = Owner(world, world.signed_in())
    page = admin.open("/accounts").text
    answer = admin.press("/accounts", page, "/accounts/connect")
    done = admin.come_back(consent(admin.theirs, answer.headers["Location"]))

    assert done.status_code == 200
    assert "Create form" in done.text
    assert [account.name for account in accounts()] == ["Maple & Rye Bakery"]


@one_database
def test_lists_that_cannot_be_read_do_not_spoil_the_connection(
    owner: Owner, world: World
) -> None:
    world.fault("/v3/contact_lists", status=503)
    done = owner.connect(owner.link())
    account = accounts()[0]

    assert done.status_code == 200
    assert "Latchkey will try again in a moment" in done.text
    assert account.facts_read_at is None
    assert facts.unread(world.clock.now(), world.clock.now()) == [account.id]


# -- starting again


@one_database
@pytest.mark.parametrize("trouble", ["denied", "late", "down", "intern"])
def test_start_again_leads_from_failure_to_success_with_the_same_link(
    owner: Owner, world: World, trouble: str
) -> None:
    link = owner.link()
    callback = consent(
        owner.theirs,
        owner.leave(link),
        INTERN if trouble == "intern" else BAKER,
        allow=trouble != "denied",
    )
    if trouble == "late":
        world.clock.advance(minutes=11)
    if trouble == "down":
        world.fault(TOKEN, status=503, times=1)
    failed = owner.come_back(callback)
    again = owner.press(link, failed.text)
    address = again.headers["Location"]
    done = owner.come_back(consent(owner.theirs, address))

    assert again.status_code == 303
    assert asked_for(address)["prompt"] == "login"
    assert heading(done.text) == "Maple & Rye Bakery is connected"
    assert link_row().used_at is not None


@one_database
def test_the_failure_page_may_be_left_for_the_provider_by_form(
    owner: Owner, world: World
) -> None:
    page = owner.connect(owner.link(), allow=False)

    assert world.simulator.url in page.headers["Content-Security-Policy"]


def test_only_the_browser_of_the_trip_may_start_it_again_or_see_its_end(
    owner: Owner, world: World
) -> None:
    link = owner.link()
    failed = owner.connect(link, allow=False)
    action = re.search(r'action="(/connect/again/[^"]+)"', failed.text)
    assert action
    stranger = Owner(world)
    own_page = stranger.open(link).text

    assert stranger.press(link, own_page, action[1]).status_code == 404
    assert stranger.open(action[1].replace("again", "done")).status_code == 404


@one_database
def test_an_admins_trip_is_started_again_by_admins_only(world: World) -> None:
    admin = Owner(world, world.signed_in())
    answer = admin.press("/accounts", admin.open("/accounts").text, "/accounts/connect")
    failed = admin.come_back(
        consent(admin.theirs, answer.headers["Location"], allow=False)
    )
    action = re.search(r'action="(/connect/again/[^"]+)"', failed.text)
    assert action
    admin.ours.delete_cookie("latchkey")

    page = admin.open(owner_page(admin))
    assert admin.press("", page.text, action[1]).status_code == 403


def test_start_again_with_a_link_that_closed_meanwhile_goes_nowhere(
    owner: Owner, world: World
) -> None:
    link = owner.link()
    failed = owner.connect(link, allow=False)
    invitations.revoke(link_row().id)
    again = owner.press(link, failed.text)

    assert again.status_code == 303
    assert again.headers["Location"].startswith("/connect/done/")


# -- links


@pytest.mark.parametrize(
    ("close", "told"),
    [
        ("use", "This link was already used"),
        ("revoke", "This link was withdrawn"),
        ("expire", "This link has expired"),
    ],
)
def test_a_closed_link_says_why_and_starts_nothing(
    owner: Owner, world: World, close: str, told: str
) -> None:
    link = owner.link()
    page = owner.open(link).text
    if close == "use":
        owner.connect(link)
    if close == "revoke":
        invitations.revoke(link_row().id)
    if close == "expire":
        world.clock.advance(days=8)
    before = len(world.calls("/authorize"))
    pressed = owner.press(link, page)
    shown = owner.open(link)

    assert heading(shown.text) == told
    assert "<button" not in shown.text
    assert (pressed.status_code, pressed.headers["Location"]) == (303, link)
    assert len(world.calls("/authorize")) == before


def test_two_browsers_racing_for_one_link_make_one_connection(
    owner: Owner, world: World
) -> None:
    link, other = owner.link(), Owner(world)
    mine = consent(owner.theirs, owner.leave(link))
    theirs = consent(other.theirs, other.leave(link), YOGI)
    together = threading.Barrier(2)

    def come(who: Owner, callback: str) -> str:
        together.wait()
        return who.come_back(callback).text

    with ThreadPoolExecutor(2) as pool:
        pages = sorted(
            heading(page) for page in pool.map(come, (owner, other), (mine, theirs))
        )
    stored = accounts()

    assert len(stored) == tokens_stored() == 1
    assert pages == sorted([f"{stored[0].name} is connected", title("link_closed")])
    assert link_row().account_id == stored[0].id


def test_a_link_withdrawn_while_the_owner_signs_in_connects_nothing(
    owner: Owner,
) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    invitations.revoke(link_row().id)
    page = owner.come_back(callback)

    assert (page.status_code, heading(page.text)) == (400, title("link_closed"))
    assert "Start again" not in page.text
    assert accounts() == []


def test_an_unknown_link_is_not_found(owner: Owner) -> None:
    assert owner.open("/connect/never-made").status_code == 404


@one_database
def test_the_button_needs_the_page_it_stands_on(owner: Owner) -> None:
    link = owner.link()

    assert owner.ours.post(link).status_code == 400
    assert db.session.scalars(select(AuthorizationTransaction)).all() == []


def test_every_end_that_is_raised_has_words_and_only_those() -> None:
    from app.owner import connect

    assert set(messages.CONNECTING) >= connect.MAY_START_AGAIN
    assert set(connect.ERROR_REASONS.values()) <= set(messages.CONNECTING)


def test_trips_of_long_ago_are_swept_away(owner: Owner, world: World) -> None:
    owner.leave(owner.link())
    world.clock.advance(days=31)
    owner.leave(owner.link("Newer"))

    assert (
        db.session.scalar(select(func.count()).select_from(AuthorizationTransaction))
        == 1
    )


@one_database
def test_a_second_sign_in_is_asked_for_only_when_starting_again(owner: Owner) -> None:
    assert "prompt" not in asked_for(owner.leave(owner.link()))


@one_database
def test_the_consent_page_is_really_the_providers(owner: Owner) -> None:
    page = requests.get(owner.leave(owner.link()), timeout=PATIENCE)

    assert page.url.startswith(f"{owner.world.simulator.url}/signin")
