"""Every other way a trip to the provider can end, each with its page."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

from app.accounts import tokens
from tests.accounts.connecting import (
    TOKEN,
    accounts,
    exact,
    heading,
    link_row,
    outcome,
    title,
    tokens_stored,
)
from tests.accounts.owner import (
    INTERN,
    LONELY,
    Owner,
    asked_for,
    consent,
    one_database,
)
from tests.world import World, locked


def nothing_was_stored() -> bool:
    link = link_row()
    return (
        accounts() == []
        and tokens_stored() == 0
        and link.used_at is None
        and link.account_id is None
    )


def test_saying_no_is_fine(owner: Owner, world: World) -> None:
    page = owner.connect(owner.link(), allow=False)

    assert (page.status_code, heading(page.text)) == (400, title("denied"))
    assert "Start again" in page.text
    assert outcome() == "denied"
    assert nothing_was_stored()
    assert world.calls(TOKEN) == []


@one_database
@pytest.mark.parametrize(
    ("error", "reason", "again"),
    [
        ("server_error", "provider_unavailable", True),
        ("temporarily_unavailable", "provider_unavailable", True),
        ("invalid_scope", "scope_refused", False),
        ("unauthorized_client", "client_refused", False),
        ("invalid_request", "provider_said", True),
        ("login_required", "provider_said", True),
        ("<script>alert(1)</script>", "provider_said", True),
    ],
)
def test_an_error_from_the_provider_has_its_page(
    owner: Owner, world: World, error: str, reason: str, again: bool
) -> None:
    state = asked_for(owner.leave(owner.link()))["state"]
    said = f"error={quote(error)}&error_description=%3Cb%3Ebold%3C/b%3E"
    page = owner.come_back(f"/connect/callback?{said}&state={state}")

    assert (page.status_code, heading(page.text)) == (400, title(reason))
    assert ("Start again" in page.text) is again
    assert "&lt;b&gt;bold" in exact(page.text)
    assert "<script>alert" not in page.text
    assert "<b>bold" not in page.text
    assert outcome() == reason
    assert nothing_was_stored()
    assert world.calls(TOKEN) == []


@one_database
def test_an_error_beside_a_code_wins(owner: Owner, world: World) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    page = owner.come_back(f"{callback}&error=access_denied")

    assert heading(page.text) == title("denied")
    assert world.calls(TOKEN) == []


@one_database
def test_an_answer_without_a_code_has_its_page(owner: Owner, world: World) -> None:
    state = asked_for(owner.leave(owner.link()))["state"]
    page = owner.come_back(f"/connect/callback?state={state}")

    assert (page.status_code, heading(page.text)) == (400, title("no_code"))
    assert nothing_was_stored()
    assert world.calls(TOKEN) == []


def test_a_callback_loaded_again_repeats_nothing(owner: Owner, world: World) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    first, second = owner.come_back(callback), owner.come_back(callback)

    assert first.status_code == second.status_code == 200
    assert heading(second.text) == "Maple & Rye Bakery is connected"
    assert len(world.calls(TOKEN)) == 1
    assert len(accounts()) == 1


def test_a_failed_callback_loaded_again_stays_failed(
    owner: Owner, world: World
) -> None:
    state = asked_for(owner.leave(owner.link()))["state"]
    owner.come_back(f"/connect/callback?error=access_denied&state={state}")
    page = owner.come_back(f"/connect/callback?code=stolen&state={state}")

    assert heading(page.text) == title("denied")
    assert world.calls(TOKEN) == []


def test_sixteen_callbacks_at_once_make_one_token_call(
    owner: Owner, world: World
) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    cookie = owner.ours.get_cookie("latchkey_connect", path="/connect")
    assert cookie
    together = threading.Barrier(16)

    def come(_: int) -> tuple[int, str]:
        browser = world.app.test_client()
        browser.set_cookie("latchkey_connect", cookie.value, path="/connect")
        together.wait()
        answer = browser.get(callback)
        return answer.status_code, answer.headers.get("Location", "")

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(come, range(16)))

    assert {status for status, _ in answers} == {303}
    assert len({where for _, where in answers}) == 1
    assert len(world.calls(TOKEN)) == 1
    assert len(accounts()) == tokens_stored() == 1


def test_another_browser_cannot_finish_the_trip(owner: Owner, world: World) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    thief = Owner(world)
    thief.leave(owner.link("Thief’s own"))
    strangers = [Owner(world).come_back(callback), thief.come_back(callback)]

    for page in strangers:
        assert (page.status_code, heading(page.text)) == (400, title("other_browser"))
        assert "Start again" not in page.text
    assert world.calls(TOKEN) == []
    assert accounts() == []
    assert owner.come_back(callback).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?code=c",
        "?state=",
        "?code=c&state=never-made",
        "?error=access_denied",
        "?state=" + "x" * 5000,
        "?state=%00&code=%00",
        "?state[]=1&code[]=2",
    ],
)
def test_an_unknown_state_is_not_believed(
    owner: Owner, world: World, query: str
) -> None:
    owner.leave(owner.link())
    page = owner.open(f"/connect/callback{query}")

    assert (page.status_code, heading(page.text)) == (400, title("state_unknown"))
    assert world.calls(TOKEN) == []
    assert nothing_was_stored()


def test_a_trip_of_eleven_minutes_took_too_long(owner: Owner, world: World) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    world.clock.advance(minutes=11)
    page = owner.come_back(callback)

    assert (page.status_code, heading(page.text)) == (400, title("too_late"))
    assert "Start again" in page.text
    assert world.calls(TOKEN) == []
    assert nothing_was_stored()


def test_a_code_that_ran_out_at_the_provider_is_refused(
    owner: Owner, world: World
) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    world.clock.advance(minutes=6)
    page = owner.come_back(callback)

    assert (page.status_code, heading(page.text)) == (400, title("code_refused"))
    assert "The authorization code is invalid or has expired." in page.text
    assert nothing_was_stored()


@one_database
def test_a_wrong_secret_is_not_the_owners_fault(
    make_world: Callable[..., World],
) -> None:
    owner = Owner(make_world(client_secret="wrong-secret-of-this-installation"))
    page = owner.connect(owner.link())

    assert (page.status_code, heading(page.text)) == (400, title("client_refused"))
    assert "Start again" not in page.text
    assert "wrong-secret" not in page.text
    assert nothing_was_stored()


@one_database
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 500},
        {"status": 429},
        {"status": 503, "body": "<h1>down</h1>"},
        {"status": 200, "body": {}},
        {"status": 200, "body": "<html>"},
        {"reset": True},
        {"reset": True, "when": "after"},
    ],
    ids=str,
)
def test_trouble_at_the_token_endpoint_changes_nothing(
    owner: Owner, world: World, fault: dict[str, Any]
) -> None:
    world.fault(TOKEN, **fault)
    page = owner.connect(owner.link())

    assert (page.status_code, heading(page.text)) == (
        400,
        title("provider_unavailable"),
    )
    assert "Start again" in page.text
    assert nothing_was_stored()
    assert len(world.calls(TOKEN)) == 1


def test_a_permission_for_one_day_only_is_not_stored(
    owner: Owner, world: World
) -> None:
    address = (
        owner.leave(owner.link())
        .replace("+offline_access", "")
        .replace("%20offline_access", "")
    )
    page = owner.come_back(consent(owner.theirs, address))

    assert (page.status_code, heading(page.text)) == (400, title("no_refresh_token"))
    assert nothing_was_stored()


def test_a_missing_permission_is_named(owner: Owner, world: World) -> None:
    address = (
        owner.leave(owner.link())
        .replace("account_read+", "")
        .replace("account_read%20", "")
    )
    page = owner.come_back(consent(owner.theirs, address))

    assert (page.status_code, heading(page.text)) == (400, title("scopes_missing"))
    assert exact(page.text) == "account_read"
    assert nothing_was_stored()


@one_database
def test_a_login_without_an_account_is_told_so(owner: Owner) -> None:
    page = owner.connect(owner.link(), LONELY)

    assert (page.status_code, heading(page.text)) == (400, title("unassigned"))
    assert nothing_was_stored()


@one_database
def test_a_login_that_may_not_add_contacts_is_told_what_is_missing(
    owner: Owner,
) -> None:
    page = owner.connect(owner.link(), INTERN)

    assert (page.status_code, heading(page.text)) == (400, title("privileges_missing"))
    assert exact(page.text) == "contacts:write"
    assert nothing_was_stored()


@one_database
@pytest.mark.parametrize(
    "route", ["/v3/account/summary", "/v3/account/user/privileges"]
)
@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"status": 403}, {"status": 200, "body": {}}, {"reset": True}],
    ids=str,
)
def test_an_account_that_cannot_be_looked_at_is_not_stored(
    owner: Owner, world: World, route: str, fault: dict[str, Any]
) -> None:
    world.fault(route, **fault)
    page = owner.connect(owner.link())

    assert (page.status_code, heading(page.text)) == (400, title("account_unreadable"))
    assert "Start again" in page.text
    assert nothing_was_stored()


@pytest.mark.parametrize(
    "route", ["/v3/account/summary", "/v3/account/user/privileges"]
)
@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 200, "body": []}], ids=str
)
def test_a_connected_account_that_cannot_be_looked_at_gets_its_new_pair_all_the_same(
    owner: Owner, world: World, route: str, fault: dict[str, Any]
) -> None:
    """The provider ended the earlier grant by this consent, so only the new pair lives."""
    owner.connect(owner.link())
    account = accounts()[0]
    world.fault(route, **fault)
    page = owner.connect(owner.link("Again"))
    world.mend()
    world.expired(account)

    assert heading(page.text) == f"{account.name} is connected"
    assert tokens.fresh_token(account.id)


def test_a_login_with_too_few_rights_replaces_nothing_and_the_old_pair_is_proved_at_once(
    owner: Owner, world: World
) -> None:
    owner.connect(owner.link())
    account = accounts()[0]
    before = world.token_set(account).access_token
    page = Owner(world).connect(owner.link("Again"), INTERN)

    assert heading(page.text) == title("privileges_missing")
    assert world.again(world.token_set(account)).access_token == before
    assert tokens.due(world.clock.now()) == [account.id]


def test_a_link_that_another_tab_has_used_meanwhile_does_not_cost_the_connection(
    owner: Owner, world: World
) -> None:
    link = owner.link()
    first, second = owner.leave(link), owner.leave(link)
    owner.come_back(consent(owner.theirs, first))
    told = owner.come_back(consent(owner.theirs, second))
    account = accounts()[0]
    world.expired(account)

    assert heading(told.text) == title("link_closed")
    assert tokens.fresh_token(account.id)


def test_a_database_that_is_busy_when_the_pair_arrives_does_not_cost_it(
    owner: Owner, world: World
) -> None:
    owner.connect(owner.link())
    account = accounts()[0]
    callback = consent(owner.theirs, owner.leave(owner.link("Again")))
    done: list[str] = []

    def come_back() -> None:
        done.append(owner.come_back(callback).text)

    trip = threading.Thread(target=come_back)
    with world.holding(TOKEN, "after") as call:
        trip.start()
        call.until_arrived()
        with locked("account"):
            call.release()
            time.sleep(1)  # the pair arrives meanwhile
    trip.join()
    world.expired(account)

    assert heading(done[0]) == f"{account.name} is connected"
    assert tokens.fresh_token(account.id)
