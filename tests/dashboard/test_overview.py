"""The first screen: the sentence, what needs a person, the balance; and what machines
may ask.
"""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import delete, update

from app.accounts.models import Account, TokenSet
from app.database.session import write_transaction
from app.imports import actions
from app.mail import outbox
from app.mail.models import Notice
from app.signups.models import Signup, SignupState
from app.stats.counts import balance
from app.worker import periodic, runner
from tests.dashboard.reading import heading_of, text_of
from tests.imports.acting import ADA, Importing, people
from tests.world import ONE_DATABASE, World


def change(account: Account, **values: object) -> None:
    with write_transaction() as session:
        session.execute(
            update(Account).where(Account.id == account.id).values(**values)
        )


# -- the sentence


def test_before_anything_it_welcomes(admin: FlaskClient) -> None:
    page = admin.get("/").text

    assert heading_of(page) == "Welcome. Connect your first account, then make a form."
    assert "/accounts" in page


def test_when_all_is_well_it_says_so(world: World, admin: FlaskClient) -> None:
    world.signup(world.form(world.account()))
    world.account(1)
    runner.drain()
    periodic.run_due(world.clock.now())

    page = admin.get("/").text

    assert (
        heading_of(page)
        == "All 2 accounts are healthy. 1 sign-up in 7 days, none waiting."
    )
    assert "tone-danger" not in page


@ONE_DATABASE
def test_one_healthy_account_is_the_account(world: World, admin: FlaskClient) -> None:
    world.account()
    periodic.beat(world.clock.now())

    assert (
        heading_of(admin.get("/").text)
        == "The account is healthy. 0 sign-ups in 7 days, none waiting."
    )


def test_when_an_owner_is_needed_it_names_the_account_and_who_waits(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    world.account(1)
    form = world.form(account)
    for n in range(2):
        world.signup(form, f"zoe{n}@example.com")
    world.control("revoke", account=account.provider_id)
    runner.drain()
    periodic.beat(world.clock.now())

    page = admin.get("/").text

    assert heading_of(page) == f"{account.name} needs its owner. 2 people are waiting."
    assert f"{account.name} needs its owner" in text_of(page)
    assert "2 people are waiting. Send the owner a link to reconnect." in text_of(page)


@ONE_DATABASE
def test_trouble_that_passes_by_itself_asks_nobody_for_anything(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    world.signup(world.form(account))
    world.fault("/v3/contacts", status=503, times=1)
    runner.drain()
    periodic.run_due(world.clock.now())

    page = admin.get("/").text

    assert (
        heading_of(page)
        == "Constant Contact isn’t answering. 1 person is waiting, and nothing is lost."
    )
    assert "needs its owner" not in page
    assert "Retrying" in page
    assert "tone-danger" not in page


# -- cards


@ONE_DATABASE
def test_an_import_that_nobody_but_a_person_takes_further_has_a_card(
    world: World, admin: FlaskClient
) -> None:
    importing = Importing(world, world.account())
    made = importing.checked(people(3))

    waits = text_of(admin.get("/").text)
    world.fault("/v3/activities/contacts_json_import", status=400, times=1)
    actions.begin(made.id, ADA)
    under_way = text_of(admin.get("/").text)
    importing.followed(made)
    failed = text_of(admin.get("/").text)

    assert "“people.csv” for" in waits
    assert "was checked: 3 contacts can be imported." in waits
    assert "people.csv" not in under_way
    assert "An import finished with errors" in failed


@ONE_DATABASE
def test_held_and_parked_people_and_a_silent_worker_each_have_a_card(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    world.signup(form, "a@example.com", state=SignupState.HELD, due_at=None)
    for n in range(2):
        world.signup(form, f"b{n}@example.com", state=SignupState.PARKED, due_at=None)

    words = text_of(admin.get("/").text)

    assert "1 sign-up is on hold" in words
    assert "2 sign-ups need a fix" in words
    assert "Nothing is being delivered" in words


# -- the balance


def test_the_balance_holds(world: World, admin: FlaskClient) -> None:
    form = world.form(world.account())
    for state in SignupState:
        world.signup(form, f"{state}@example.com", state=state)

    words = text_of(admin.get("/").text)

    assert "6 accepted, every one accounted for" in words
    assert "not accounted for" not in words


def test_a_row_deleted_behind_our_back_turns_it_red(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    rows = [world.signup(form, f"zoe{n}@example.com") for n in range(3)]
    with write_transaction() as session:
        session.execute(delete(Signup).where(Signup.id == rows[0].id))

    page = admin.get("/").text

    assert not balance().holds
    assert "Some sign-ups are not accounted for" in page
    assert "accepted 3 sign-ups, but the database holds 2." in text_of(page)
    assert "3 accepted, but 2 in the database" in text_of(page)
    assert "tone-danger" in page


# -- for machines


def test_alive_is_alive_and_ready_needs_a_worker(
    world: World, visitor: FlaskClient
) -> None:
    alive = visitor.get("/healthz")
    without = visitor.get("/readyz")
    periodic.run_due(world.clock.now())
    with_one = visitor.get("/readyz")
    world.clock.advance(seconds=70)
    silent = visitor.get("/readyz")

    assert (alive.status_code, alive.json) == (200, {"status": "alive"})
    assert [answer.status_code for answer in (without, with_one, silent)] == [
        503,
        200,
        503,
    ]
    assert without.json == {
        "status": "not ready",
        "checks": {"schema": True, "worker": False, "key": True},
    }


# -- accounts


@ONE_DATABASE
def test_every_state_of_an_account_is_shown_worst_first(
    world: World, admin: FlaskClient
) -> None:
    now = world.clock.now()
    healthy, ageing, retrying, needs, gone = (
        world.account(number) for number in range(5)
    )
    change(retrying, trouble="provider_down", trouble_since=now)
    change(needs, trouble="forbidden", trouble_since=now, trouble_detail="<b>no</b>")
    change(gone, disconnected_at=now)
    with write_transaction() as session:
        session.execute(
            update(TokenSet)
            .where(TokenSet.account_id == ageing.id)
            .values(refresh_due_at=now - timedelta(hours=1))
        )

    words = text_of(admin.get("/accounts").text)
    pages = {
        account.id: admin.get(f"/accounts/{account.id}")
        for account in (healthy, ageing, retrying, needs, gone)
    }

    places = [
        words.index(account.name)
        for account in (needs, retrying, ageing, gone, healthy)
    ]
    assert places == sorted(places)
    assert {page.status_code for page in pages.values()} == {200}
    assert "&lt;b&gt;no&lt;/b&gt;" in pages[needs.id].text
    assert "access_token" not in "".join(page.text for page in pages.values())
    assert "eyJ" not in "".join(page.text for page in pages.values())


@ONE_DATABASE
def test_an_account_shows_its_tokens_facts_and_none_of_its_secrets(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    world.form(account, name="Baking")

    words = text_of(admin.get(f"/accounts/{account.id}").text)

    assert account.name in words
    assert "Staying connected offline_access Yes" in words
    assert "(179 left)" in words or "(180 left)" in words
    assert account.login in words
    assert "Baking" in words
    assert admin.get("/accounts/nobody").status_code == 404


def test_a_refused_api_key_is_for_whoever_runs_this_and_not_for_the_owner(
    world: World,
) -> None:
    account = world.account()
    world.token_set(account, failures=1, failure="client_refused")
    page = world.signed_in().get("/").text

    assert "refused this installation’s API key" in text_of(page)
    assert f"{account.name} can’t be served." in text_of(page)
    assert "Correct them on the Setup page" in text_of(page)
    assert "needs its owner" not in text_of(page)


@ONE_DATABASE
def test_a_mail_that_does_not_go_out_has_a_card(
    world: World, admin: FlaskClient
) -> None:
    with write_transaction() as session:
        outbox.put(
            session,
            "installation",
            "needs_owner",
            "ada@example.org",
            "It needs you",
            "Look.",
        )
    at_once = text_of(admin.get("/").text)
    world.clock.advance(minutes=11)
    late = text_of(admin.get("/").text)
    with write_transaction() as session:
        session.execute(
            update(Notice).values(state="given_up", settled_at=world.clock.now())
        )
    given_up = text_of(admin.get("/").text)

    assert "Some emails" not in at_once
    assert "1 email has been waiting for more than ten minutes." in late
    assert "1 email could not be sent in the last seven days." in given_up
