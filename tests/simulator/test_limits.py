"""Calls per second, calls per day, and the token endpoint's own pace."""

from collections.abc import Callable

from .acting import FOOD_BANK, LONG_LIVED, Actor

PRIVILEGES = "/account/user/privileges"


def test_four_calls_at_once_empty_the_bucket(started: Callable[..., Actor]) -> None:
    actor = started(calls_per_second=4).granted()
    statuses = [actor.get(PRIVILEGES).status_code for _ in range(4)]
    fifth = actor.get(PRIVILEGES)

    assert statuses == [200] * 4
    assert fifth.status_code == 429
    assert fifth.json() == {
        "error_key": "throttled",
        "error_message": "Too Many Requests",
    }
    assert "Retry-After" not in fifth.headers


def test_four_a_second_at_an_even_pace_go_on_for_ever(
    started: Callable[..., Actor],
) -> None:
    actor = started(calls_per_second=4).granted()
    statuses = set()
    for _ in range(40):
        statuses.add(actor.get(PRIVILEGES).status_code)
        actor.clock.advance(0.25)

    assert statuses == {200}


def test_the_bucket_fills_by_a_call_each_quarter_of_a_second(
    started: Callable[..., Actor],
) -> None:
    actor = started(calls_per_second=4).granted()
    for _ in range(4):
        actor.get(PRIVILEGES)
    statuses = []
    for pause in (0.2, 0.1, 0.1):
        actor.clock.advance(pause)
        statuses.append(actor.get(PRIVILEGES).status_code)

    assert statuses == [429, 200, 429]


def test_refused_calls_cost_nothing(
    started: Callable[..., Actor],
) -> None:
    actor = started(calls_per_second=4).granted()
    for _ in range(10):
        actor.get(PRIVILEGES)
    actor.clock.advance(1)

    assert actor.get(PRIVILEGES).status_code == 200


def test_the_limit_is_the_apps_over_all_accounts(started: Callable[..., Actor]) -> None:
    actor = started(calls_per_second=4).granted()
    for _ in range(4):
        actor.get(PRIVILEGES)

    assert actor.granted(FOOD_BANK).get(PRIVILEGES).status_code == 429
    assert actor.granted(FOOD_BANK, app=LONG_LIVED).get(PRIVILEGES).status_code == 200


def test_the_days_quota_ends_and_comes_back_at_midnight_utc(
    started: Callable[..., Actor],
) -> None:
    actor = started(calls_per_day=3, expires_in=10 * 86_400).granted()
    statuses = [actor.get(PRIVILEGES).status_code for _ in range(3)]
    over = actor.get(PRIVILEGES)
    to_midnight = 86_400 - actor.clock.now() % 86_400
    actor.clock.advance(to_midnight - 1)
    before = actor.get(PRIVILEGES).status_code
    actor.clock.advance(1)

    assert statuses == [200] * 3
    assert (over.status_code, over.json()) == (
        429,
        {"error_key": "quota_exceeded", "error_message": "Limit Exceeded"},
    )
    assert (before, actor.get(PRIVILEGES).status_code) == (429, 200)


def test_the_token_endpoint_takes_one_call_a_second(
    started: Callable[..., Actor],
) -> None:
    actor = started(token_calls_per_second=1)
    token = actor.control(
        "grants",
        {
            "account": FOOD_BANK,
            "client_id": LONG_LIVED[0],
            "scopes": ["contact_data", "offline_access"],
        },
    )["refresh_token"]
    first, second = actor.refresh(token, LONG_LIVED), actor.refresh(token, LONG_LIVED)
    actor.clock.advance(1)

    assert (first.status_code, second.status_code) == (200, 429)
    assert second.json()["errorCode"] == "E0000047"
    assert actor.refresh(token, LONG_LIVED).status_code == 200


def test_a_throttled_refresh_does_not_use_up_the_token(
    started: Callable[..., Actor],
) -> None:
    actor = started(token_calls_per_second=1)
    first = actor.connect()["refresh_token"]
    throttled = actor.refresh(first)
    actor.clock.advance(1)

    assert throttled.status_code == 429
    assert actor.refresh(first).status_code == 200


def test_limits_may_change_while_running(started: Callable[..., Actor]) -> None:
    actor = started(calls_per_second=1).granted()
    actor.get(PRIVILEGES)
    changed = actor.control("limits", {"calls_per_second": 400})

    assert changed["calls_per_second"] == 400
    assert actor.get(PRIVILEGES).status_code == 200
