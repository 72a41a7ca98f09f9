"""Rows of a renewal: many at once, slow answers, deaths, lost answers, nonsense, a full
disk, a locked database.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr

from app.accounts import tokens
from app.accounts.api_rate import ApiRate
from app.services import services
from app.signups.models import SignupState
from app.worker import runner
from tests.constant_contact.endpoint import Answer, endpoint
from tests.mail.acting import ADA, OWNER, told
from tests.mail.sink import Sink
from tests.others import others, wants_a_token, works_on_a_full_disk
from tests.states.acting import (
    SIGN_UP,
    TOKEN,
    Scene,
    at_once,
    told_by_mail,
    while_answering,
)
from tests.world import (
    LONG_LIVED,
    ONE_DATABASE,
    ROTATING,
    TOKEN_LEASE,
    App,
    World,
    until,
)


@pytest.mark.slow
def test_row_01_of_two_processes_one_calls_and_all_get_its_token(
    scene: Scene, tmp_path: Path
) -> None:
    with others(2, wants_a_token, scene.account.id, scene.world, tmp_path) as crowd:
        scene.ended()
        for one in crowd:
            one.go()
        got = [one.hear() for one in crowd]

    assert scene.token_calls() == [200]
    assert got == [scene.pair()[0]] * 2
    assert scene.is_well()


def test_row_01_of_deliveries_that_find_it_ended_one_renews_and_all_are_sent(
    scene: Scene,
) -> None:
    rows = [scene.somebody_signs_up() for _ in range(8)]
    scene.ended()
    at_once(scene.world, *[runner.step] * 8)

    assert scene.token_calls() == [200]
    assert {scene.state_of(row) for row in rows} == {SignupState.DELIVERED}


@ONE_DATABASE
@pytest.mark.parametrize("token", ["still works", "has ended"])
def test_row_02_while_the_token_endpoint_is_slow_the_old_token_serves_or_people_wait(
    scene: Scene, token: str
) -> None:
    rows = [scene.somebody_signs_up() for _ in range(4)]
    scene.due() if token == "still works" else scene.ended()
    before: list[Any] = []

    def count() -> None:
        if token == "still works":
            until(lambda: scene.world.calls(SIGN_UP))
        before.extend(scene.world.calls(SIGN_UP))

    with while_answering(scene.world, TOKEN, count):
        at_once(scene.world, *[runner.drain] * 4)

    assert scene.token_calls() == [200]
    assert bool(before) is (token == "still works")
    assert {scene.state_of(row) for row in rows} == {SignupState.DELIVERED}


@ONE_DATABASE
def test_row_02_slower_than_the_deadline_it_is_left_alone_for_a_lease_and_sign_ups_stay_queued(
    scene: Scene, make_app: Callable[..., Flask]
) -> None:
    row = scene.somebody_signs_up()
    scene.ended()
    scene.world.control("limits", grace=30)
    scene.world.fault(TOKEN, latency_ms=900, when="after", times=1)
    impatient = make_app(http_deadline=0.3, token_lease=5)
    with impatient.app_context():
        at_once(World(impatient, scene.world.simulator), *[runner.step] * 3)
    until(lambda: scene.token_calls() == [200])
    queued, calls = scene.state_of(row), scene.token_calls()
    scene.work(seconds=6)

    assert (queued, calls) == (SignupState.WAITING, [200])
    assert scene.token_calls() == [200, 200]
    assert scene.state_of(row) == SignupState.DELIVERED


@pytest.mark.slow
def test_row_03_killed_before_the_request_was_sent_the_next_one_renews_once(
    scene: Scene, tmp_path: Path
) -> None:
    row = scene.somebody_signs_up()
    with others(
        1, wants_a_token, scene.account.id, scene.world, tmp_path, token_lease=200
    ) as (process,):
        scene.ended()
        turn_taken_for(seconds=100)
        # it takes the lease, then waits for its turn at the token endpoint
        process.go()
        until(lambda: scene.held().lease_until)
        process.kill()
    calls, mark = scene.token_calls(), scene.held().intent_at
    scene.work(seconds=201)

    assert calls == []
    assert mark is not None
    assert scene.token_calls() == [200]
    assert scene.state_of(row) == SignupState.DELIVERED
    assert scene.is_well()


def turn_taken_for(seconds: float) -> None:
    """Somebody has just asked at the token endpoint, and the next turn comes so much
    later.
    """
    key = f"{ROTATING.client_id} tokens"
    ApiRate(services().clock, key, seconds, per_day=10**9).acquire()


def killed_after_the_provider_rotated(
    scene: Scene, folder: Path, **settings: Any
) -> None:
    """A process offers the refresh token and dies while the answer is on its way."""
    with (
        others(1, wants_a_token, scene.account.id, scene.world, folder, **settings) as (
            process,
        ),
        while_answering(scene.world, TOKEN, process.kill),
    ):
        process.go()
        until(lambda: scene.token_calls() == [200])


@pytest.mark.slow
@ONE_DATABASE
@pytest.mark.parametrize(
    "app", [ROTATING, LONG_LIVED], ids=["within a grace", "with a long-lived token"]
)
def test_row_04_killed_after_the_provider_rotated_one_prompt_replay_recovers(
    world: World, make_app: Callable[..., Flask], tmp_path: Path, app: App
) -> None:
    key = {"client_id": app.client_id, "client_secret": SecretStr(app.client_secret)}
    there = make_app(**key)
    world.control("limits", grace=30 if app is ROTATING else 0)
    with there.app_context():
        scene = Scene(World(there, world.simulator), app=app)
        row = scene.somebody_signs_up()
        scene.ended()
        killed_after_the_provider_rotated(scene, tmp_path, **key)
        mark = scene.held().intent_at
        scene.work(seconds=TOKEN_LEASE + 1)

        assert mark is not None
        assert scene.token_calls() == [200, 200]
        assert scene.state_of(row) == SignupState.DELIVERED
        assert scene.is_well()


@pytest.mark.slow
def test_row_05_with_strict_rotation_two_calls_then_the_owner_is_told_and_the_queue_is_kept(
    scene: Scene, sink: Sink, tmp_path: Path
) -> None:
    scene.due()
    killed_after_the_provider_rotated(scene, tmp_path)
    by_the_old_token = scene.somebody_signs_up()
    scene.work(seconds=1)
    served = scene.state_of(by_the_old_token)
    scene.work(seconds=TOKEN_LEASE + 1)
    waits = scene.somebody_signs_up()
    for _ in range(5):
        scene.work(minutes=90)

    assert served == SignupState.DELIVERED
    assert scene.token_calls() == [200, 400]
    assert "answer with the new token got lost" in scene.page()
    assert "1 person is waiting." in scene.page()
    assert told() == {scene.account.id: "answer_lost"}
    assert told_by_mail(sink) == [
        (ADA, f"{scene.account.name} needs its owner"),
        (OWNER, f"Please reconnect {scene.account.name}"),
    ]
    assert scene.state_of(waits) == SignupState.WAITING


@ONE_DATABASE
def test_row_07_a_database_locked_for_a_quarter_of_a_minute_loses_no_new_pair(
    scene: Scene, data_dir: Path
) -> None:
    row, before, lock = (
        scene.somebody_signs_up(),
        scene.pair(),
        data_dir / "latchkey.db.lock",
    )
    scene.ended()
    began = scene.world.clock.now()

    def lock_it() -> None:
        lock.unlink()
        lock.mkdir()  # nobody gets the turn to write
        unlocking.start()

    def unlock() -> None:
        until(lambda: (scene.world.clock.now() - began).total_seconds() > 15)
        lock.rmdir()

    unlocking = threading.Thread(target=unlock)
    with while_answering(scene.world, TOKEN, lock_it):
        until(lambda: renewed(scene))
    unlocking.join()
    scene.work()

    assert scene.token_calls() == [200]
    assert scene.pair() != before
    assert scene.state_of(row) == SignupState.DELIVERED
    assert scene.is_well()


def renewed(scene: Scene) -> bool:
    """Whether it worked now; a machine that is held up for a second gives its lease
    back and comes again.
    """
    with suppress(tokens.NotNow):
        return bool(tokens.fresh_token(scene.account.id))
    return False


@pytest.mark.slow
@ONE_DATABASE
def test_row_08_on_a_full_disk_no_token_is_spent_and_it_goes_on_with_room(
    scene: Scene, tmp_path: Path
) -> None:
    row = scene.somebody_signs_up()
    scene.ended()
    before = scene.pair()
    with others(1, works_on_a_full_disk, "", scene.world, tmp_path) as (full,):
        full.go()
        said = full.hear()
    calls, pair, overview = scene.token_calls(), scene.pair(), scene.admin.get("/").text
    scene.work()

    assert said == "nothing could be written"
    assert calls == []
    assert pair == before
    assert "Nothing is being delivered" in overview
    assert scene.token_calls() == [200]
    assert scene.state_of(row) == SignupState.DELIVERED


@ONE_DATABASE
@pytest.mark.parametrize("grace", [30, 0])
def test_row_10_a_cut_after_the_provider_committed_is_unknown_and_asked_for_once_more_only(
    scene: Scene, sink: Sink, grace: int
) -> None:
    row = scene.somebody_signs_up()
    scene.ended()
    scene.world.control("limits", grace=grace)
    scene.world.fault(TOKEN, reset=True, when="after", times=1)
    for _ in range(4):
        scene.work(seconds=TOKEN_LEASE / 3 + 1)
    prompt = len(scene.token_calls())
    for _ in range(8):
        scene.work(seconds=TOKEN_LEASE / 3 + 1)
    recovers = grace > 0

    assert prompt == 2
    assert scene.token_calls() == [0, 200 if recovers else 400]
    assert scene.state_of(row) == (
        SignupState.DELIVERED if recovers else SignupState.WAITING
    )
    assert told() == ({} if recovers else {scene.account.id: "answer_lost"})
    assert len(sink.taken) == (0 if recovers else 2)


@ONE_DATABASE
def test_row_11_a_reply_that_trickles_is_cut_off_before_the_lease_ends(
    scene: Scene, make_app: Callable[..., Flask]
) -> None:
    row, before = scene.somebody_signs_up(), scene.pair()
    scene.ended()
    with endpoint() as drip:
        drip.usual = Answer(
            200, {"access_token": "x" * 2000}, drip=0.1, drip_headers=True
        )
        there = make_app(auth_url=drip.url, http_deadline=0.4, token_lease=3)
        with there.app_context():
            runner.drain()
            page = scene.page()
        lease_ends, now = scene.held().next_attempt_at, scene.world.clock.now()
    scene.work(minutes=1)

    assert lease_ends is not None
    assert now < lease_ends
    assert (len(drip.requests), drip.sent_whole) == (1, 0)
    assert "Constant Contact didn’t answer in time." in page
    assert before != scene.pair()
    assert scene.state_of(row) == SignupState.DELIVERED


@ONE_DATABASE
def test_row_12_a_429_without_the_member_error_is_no_token_set(
    scene: Scene, sink: Sink
) -> None:
    row, before = scene.somebody_signs_up(), scene.pair()
    scene.ended()
    scene.world.fault(
        TOKEN,
        status=429,
        times=1,
        body={"error_key": "throttled", "error_message": "Too Many Requests"},
    )
    scene.work()
    page, kept = scene.page(), scene.pair()
    scene.work(seconds=3)

    assert "Constant Contact asked Latchkey to slow down." in page
    assert kept == before
    assert scene.token_calls() == [429, 200]
    assert scene.state_of(row) == SignupState.DELIVERED
    assert sink.taken == []


NONSENSE: list[Any] = [
    {},
    [],
    "<html><h1>Welcome</h1></html>",
    '{"access_token": "cut of',
    {"access_token": 7, "token_type": "Bearer"},
    {"token_type": "Bearer", "expires_in": 86_400},
    "x" * 5_000_000,
]


@ONE_DATABASE
def test_row_13_a_200_that_is_no_token_set_is_stored_nowhere_and_tried_again_at_growing_pauses(
    scene: Scene, sink: Sink
) -> None:
    row, before, seen = scene.somebody_signs_up(), scene.pair(), set()
    scene.ended()
    for body in NONSENSE:
        scene.world.fault(
            TOKEN, status=200, body=body, content_type="application/json", times=1
        )
    for _ in NONSENSE:
        scene.work(minutes=6, seconds=10)
        seen.add(
            (
                "answer couldn’t be read. Latchkey will try again." in scene.page(),
                scene.pair() == before,
            )
        )
    scene.work(minutes=6, seconds=10)

    assert seen == {(True, True)}
    assert len(scene.token_calls()) == 1 + len(NONSENSE)
    assert scene.token_calls()[-1] == 200
    assert scene.state_of(row) == SignupState.DELIVERED
    assert sink.taken == []


def test_row_14_a_refusal_of_what_another_process_has_replaced_condemns_nothing(
    scene: Scene, sink: Sink
) -> None:
    row = scene.somebody_signs_up()
    scene.ended()
    scene.world.fault(TOKEN, status=400, times=1)  # invalid_grant, late

    with scene.world.holding(TOKEN, "after") as call:

        def winner() -> str:
            call.until_arrived()
            scene.world.clock.advance(seconds=TOKEN_LEASE + 1)  # its lease is over
            token = tokens.fresh_token(scene.account.id)
            call.release()
            return token

        late, early = at_once(
            scene.world, lambda: tokens.fresh_token(scene.account.id), winner
        )
    scene.work()

    assert late == early == scene.pair()[0]
    assert sorted(scene.token_calls()) == [200, 400]
    assert (scene.held().refused_at, sink.taken) == (None, [])
    assert scene.state_of(row) == SignupState.DELIVERED


@ONE_DATABASE
def test_row_18_without_a_refresh_token_the_old_one_stays_and_the_kind_is_learnt_and_shown(
    scene: Scene,
) -> None:
    access, refresh = scene.pair()
    scene.ended()
    scene.world.fault(
        TOKEN,
        status=200,
        times=1,
        body={"token_type": "Bearer", "access_token": access, "expires_in": 86_400},
    )
    scene.work()
    kept, kinds = (
        scene.pair()[1] == refresh,
        ["Unknown until the first renewal" in scene.page()],
    )
    for kind, words in (
        ("rotating", "Rotating: each renewal replaces the refresh token"),
        ("long_lived", "Long-lived: the refresh token stays the same"),
    ):
        scene.world.control("apps", client_id=ROTATING.client_id, refresh=kind)
        scene.ended()
        before = scene.pair()[1]
        scene.work()
        kinds += [
            words in scene.page(),
            (scene.pair()[1] == before) is (kind == "long_lived"),
        ]

    assert kept
    assert kinds == [True] * 5
    assert scene.token_calls() == [200, 200, 200]
