"""Rows of delivery that hang on what the provider answers, or on whether it is the
provider that answers.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.database.session import db, write_transaction
from app.delivery import admin_actions
from app.forms.models import Form
from app.signups.models import Attempt, Signup, SignupState
from app.worker import runner
from tests.constant_contact.endpoint import Answer, endpoint
from tests.dashboard.reading import text_of
from tests.mail.acting import told
from tests.mail.sink import certificate
from tests.states.acting import SIGN_UP, TOKEN, Scene, at_once
from tests.world import ONE_DATABASE


def attempts(row: Signup) -> list[Attempt]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(Attempt).where(Attempt.signup_id == row.id).order_by(Attempt.number)
        )
    )


def story(scene: Scene, row: Signup) -> str:
    """The words of the sign-up's page."""
    return text_of(scene.admin.get(f"/signups/{row.id}").text)


FROM = "Sun, 22 Nov 2026 10:00:00 GMT"
WAITS = {
    "7200": 7200,
    "Sun, 22 Nov 2026 12:00:00 GMT": 7200,
    "315360000": 86_400,
    "Sun, 22 Nov 2036 10:00:00 GMT": 86_400,
    "-7200": 0,
    "a while": 0,
    "0": 0,
}


@ONE_DATABASE
@pytest.mark.parametrize(
    ("status", "reason"), [(429, "throttled"), (503, "provider_down")]
)
def test_row_67_a_wait_that_is_asked_for_is_kept_between_a_second_and_a_day(
    scene: Scene, make_app: Callable[..., Flask], status: int, reason: str
) -> None:
    row, found = scene.somebody_signs_up(), {}
    with endpoint() as there, make_app(api_url=f"{there.url}/v3").app_context():
        there.at = {"/v3/contacts": Answer(200, {"contacts": []})}
        for asked, least in WAITS.items():
            there.usual = Answer(status, b"", {"Retry-After": asked, "Date": FROM})
            runner.drain()
            there.requests.clear()
            scene.world.clock.advance(seconds=max(least - 5, 0))
            runner.drain()
            early = len(there.requests) if least else 0
            scene.world.clock.advance(minutes=6)
            runner.drain()
            found[asked] = (
                scene.state_of(row),
                attempts(row)[-1].outcome,
                early,
                len(there.requests) > 0,
            )
            scene.world.clock.advance(days=1)

    assert found == dict.fromkeys(WAITS, (SignupState.WAITING, reason, 0, True))


@ONE_DATABASE
def test_row_69_a_401_in_the_middle_of_a_drain_is_one_renewal_and_everybody_arrives(
    scene: Scene,
) -> None:
    rows = [scene.somebody_signs_up() for _ in range(5)]
    scene.world.fault(SIGN_UP, status=401, skip=2, times=1)
    runner.drain()

    assert scene.token_calls() == [200]
    assert {scene.state_of(row) for row in rows} == {SignupState.DELIVERED}
    assert [len(attempts(row)) for row in rows] == [1] * 5


@ONE_DATABASE
def test_row_69_a_401_of_a_fresh_token_too_lets_the_account_wait_and_parks_nobody(
    scene: Scene,
) -> None:
    rows = [scene.somebody_signs_up() for _ in range(3)]
    scene.world.fault("/v3/contacts", status=401)
    for _ in range(5):
        scene.work(minutes=6)
    states, calls, page = (
        {scene.state_of(row) for row in rows},
        len(scene.token_calls()),
        scene.page(),
    )
    scene.world.mend()
    scene.work(minutes=10)

    assert states == {SignupState.WAITING}
    assert 1 <= calls <= 10  # one for a probe, one for housekeeping
    assert "Constant Contact didn’t accept the access token." in page
    assert {scene.state_of(row) for row in rows} == {SignupState.DELIVERED}


@ONE_DATABASE
@pytest.mark.parametrize(
    ("body", "says", "needs_owner"),
    [
        (
            {
                "error_key": "access_denied",
                "error_message": (
                    "Request forbidden due to insufficient user privileges."
                ),
            },
            "insufficient user privileges",
            True,
        ),
        (
            [
                {
                    "error_key": "access_denied",
                    "error_message": "The application has been deactivated.",
                }
            ],
            "deactivated",
            True,
        ),
        ("<html>Request blocked</html>", "HTTP 403", False),
        ({"message": "Forbidden"}, "Forbidden", False),
    ],
)
def test_row_70_a_403_pauses_the_account_and_says_which(
    scene: Scene, body: Any, says: str, needs_owner: bool
) -> None:
    rows = [scene.somebody_signs_up() for _ in range(3)]
    scene.world.fault("/v3/contacts", status=403, body=body)
    runner.drain()
    tries = sum(len(attempts(row)) for row in rows)
    page, detail = scene.page(), attempts(rows[0])[0].detail
    states = {scene.state_of(row) for row in rows}
    scene.world.mend()
    scene.work(hours=2)

    assert (tries, states) == (1, {SignupState.WAITING})
    assert says in detail
    assert ("Needs its owner" in page) is needs_owner
    assert {scene.state_of(row) for row in rows} == {SignupState.DELIVERED}


def test_row_71_a_400_parks_that_row_alone_with_the_providers_words(
    scene: Scene,
) -> None:
    bad, good = scene.somebody_signs_up(), scene.somebody_signs_up()
    scene.world.fault(SIGN_UP, status=400, times=1)
    runner.drain()
    page, kept = story(scene, bad), attempts(bad)[0]

    assert [scene.state_of(row) for row in (bad, good)] == [
        SignupState.PARKED,
        SignupState.DELIVERED,
    ]
    assert "Email address is invalid" in page
    assert kept.request_id in page
    assert "calls it invalid for 48 hours" in page
    assert "typo" in page
    assert "Healthy" in scene.page()


@ONE_DATABASE
def test_row_72_a_404_parks_and_with_the_form_mended_all_go_at_once(
    scene: Scene,
) -> None:
    rows = [scene.somebody_signs_up() for _ in range(3)]
    lists = [
        item
        for item in scene.account.lists
        if item.list_id != scene.form.lists[0]["list_id"]
    ]
    scene.world.control(
        "lists",
        account=scene.account.provider_id,
        list_id=scene.form.lists[0]["list_id"],
    )
    runner.drain()
    states = {scene.state_of(row) for row in rows}
    scene.work(seconds=10)  # the lists are read afresh
    page = story(scene, rows[0])
    with write_transaction() as session:
        session.execute(
            update(Form)
            .where(Form.id == scene.form.id)
            .values(lists=[{"list_id": lists[0].list_id, "label": lists[0].name}])
        )
    moved = admin_actions.send_again([row.id for row in rows])
    runner.drain()

    assert states == {SignupState.PARKED}
    assert "was deleted at Constant Contact" in page
    assert moved == 3
    assert {scene.state_of(row) for row in rows} == {SignupState.DELIVERED}
    assert scene.world.contacts(scene.account)[rows[0].email]["list_memberships"] == [
        lists[0].list_id
    ]


@ONE_DATABASE
def test_row_73_a_409_is_tried_again_in_seconds_and_one_person_is_never_twice_under_way(
    scene: Scene,
) -> None:
    first = scene.somebody_signs_up()
    scene.world.press(
        scene.world.app.test_client(),
        scene.form,
        email_address=first.email,
        first_name="Zoë",
    )
    scene.world.fault(SIGN_UP, status=409, times=1)
    scene.world.fault(SIGN_UP, latency_ms=100, when="after", times=2)
    runner.drain()
    due = (
        scene.world.again(first).due_at or scene.world.clock.now()
    ) - scene.world.clock.now()
    before = [call["status"] for call in scene.world.calls(SIGN_UP)]
    scene.world.clock.advance(seconds=6)
    at_once(scene.world, *[runner.drain] * 3)
    runner.drain()

    assert (before, attempts(first)[0].outcome) == ([409], "conflict")
    assert timedelta(0) < due <= timedelta(seconds=5)
    assert [call["status"] for call in scene.world.calls(SIGN_UP)] == [409, 201, 200]
    assert set(db.session.scalars(select(Signup.state))) == {SignupState.DELIVERED}


@ONE_DATABASE
def test_row_78_where_it_is_not_the_provider_that_answers_everything_waits_and_tls_is_noted(
    scene: Scene,
    make_app: Callable[..., Flask],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    row, seen, asked = scene.somebody_signs_up(), {}, []
    captive = Answer(200, "<html><h1>Welcome to the hotel</h1><form>")
    with (
        endpoint(certificate(tmp_path / "key.pem", "127.0.0.1").context) as stranger,
        endpoint() as hotel,
    ):
        hotel.usual = captive
        for name, address in {
            "no such name": "http://nowhere.invalid",
            "a stranger": stranger.url,
            "no TLS": hotel.url.replace("http:", "https:"),
            "a captive portal": hotel.url,
        }.items():
            with make_app(api_url=f"{address}/v3").app_context():
                runner.drain()
            seen[name] = (
                scene.state_of(row),
                attempts(row)[-1].outcome,
                attempts(row)[-1].detail.partition(":")[0],
            )
            scene.world.clock.advance(minutes=10)
        asked = stranger.requests
    events = [
        vars(record) for record in caplog.records if record.message == "tls_refused"
    ]
    scene.work()

    assert seen == {
        "no such name": (SignupState.WAITING, "unreachable", "NameResolutionError"),
        "a stranger": (SignupState.WAITING, "unreachable", "TLS"),
        "no TLS": (SignupState.WAITING, "unreachable", "TLS"),
        "a captive portal": (SignupState.WAITING, "nonsense", "HTTP 200"),
    }
    assert [event["security"] for event in events] == [True, True]
    assert asked == []
    assert told() == {}
    assert scene.state_of(row) == SignupState.DELIVERED


@ONE_DATABASE
def test_row_79_a_redirect_is_not_followed_and_no_token_goes_anywhere_else(
    scene: Scene, make_app: Callable[..., Flask]
) -> None:
    row, seen = scene.somebody_signs_up(), []
    with (
        endpoint() as away,
        endpoint() as here,
        make_app(api_url=f"{here.url}/v3").app_context(),
    ):
        for status in (301, 302, 303, 307, 308):
            here.usual = Answer(
                status, b"", {"Location": f"{away.url}/v3/contacts/sign_up_form"}
            )
            here.at = {"/v3/contacts": Answer(200, {"contacts": []})}
            runner.drain()
            seen.append(
                (
                    scene.state_of(row),
                    attempts(row)[-1].outcome,
                    attempts(row)[-1].detail,
                )
            )
            scene.world.clock.advance(minutes=10)
        elsewhere = away.requests
    scene.work()

    assert seen == [
        (SignupState.WAITING, "nonsense", f"HTTP {status}")
        for status in (301, 302, 303, 307, 308)
    ]
    assert elsewhere == []
    assert scene.state_of(row) == SignupState.DELIVERED
    assert scene.world.calls(TOKEN) == []
