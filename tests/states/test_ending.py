"""Rows of an end: the provider refuses, its owner revokes or disconnects, another
account, half a year of quiet.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import select

from app.accounts import facts, health, invitations, status_links, tokens
from app.accounts.models import TokenSet
from app.accounts.tokens import NeedsOwner, NotNow
from app.database.session import db
from app.signups.models import SignupState
from tests.accounts.owner import YOGI, Owner
from tests.dashboard.reading import heading_of, text_of
from tests.mail.acting import ADA, OWNER, told
from tests.mail.sink import Sink
from tests.states.acting import TOKEN, Scene, told_by_mail, while_answering
from tests.world import ONE_DATABASE, PUBLIC_URL, ROTATING, World, csrf_of


def path_of(address: str) -> str:
    return address.removeprefix(PUBLIC_URL)


def test_row_15_a_refused_grant_is_asked_once_told_once_and_ends_no_queue(
    scene: Scene, sink: Sink
) -> None:
    scene.world.control("revoke", account=scene.account.provider_id)
    scene.ended()
    row = scene.somebody_signs_up()
    for _ in range(8):
        scene.work(hours=3)

    assert scene.token_calls() == [400]
    assert told_by_mail(sink) == [
        (ADA, f"{scene.account.name} needs its owner"),
        (OWNER, f"Please reconnect {scene.account.name}"),
    ]
    assert "Constant Contact no longer accepts this connection." in scene.page()
    assert "1 person is waiting." in scene.page()
    assert scene.state_of(row) == SignupState.WAITING
    assert scene.life().count("grant_refused") == 1


@ONE_DATABASE
def test_row_16_a_new_secret_in_the_portal_pauses_the_installation_and_condemns_no_account(
    world: World, make_app: Callable[..., Flask], sink: Sink
) -> None:
    key = {"client_id": ROTATING.client_id, "client_secret": ROTATING.client_secret}
    app = make_app(client_id="", client_secret=SecretStr(""))
    with app.app_context():
        there = World(app, world.simulator)
        admin = there.signed_in()
        admin.post(
            "/setup", data={"csrf_token": csrf_of(admin.get("/setup").text), **key}
        )
        scenes = [Scene(there, 0), Scene(there, 1)]
        rows = [scene.somebody_signs_up() for scene in scenes]
        there.control(
            "apps",
            client_id=ROTATING.client_id,
            client_secret="made-anew-in-the-portal",
        )
        before = [scene.pair() for scene in scenes]
        for scene in scenes:
            scene.ended()
        for _ in range(4):
            scenes[0].work(minutes=10)
        paused, overview, mails = (
            told(),
            text_of(admin.get("/").text),
            len(sink.to(OWNER)),
        )
        kept = [scene.pair() for scene in scenes] == before
        admin.post(
            "/setup",
            data={
                "csrf_token": csrf_of(admin.get("/setup").text),
                **key,
                "client_secret": "made-anew-in-the-portal",
            },
        )
        scenes[0].work(minutes=1)
        scenes[0].work(minutes=1)

        assert paused == {"installation": "client_refused"}
        assert "2 accounts can’t be served. 2 people are waiting." in overview
        assert mails == 0
        assert [str(one.message["Subject"]) for one in sink.to(ADA)] == [
            "Latchkey at 127.0.0.1:8111 needs you",
            "Latchkey at 127.0.0.1:8111 works again",
        ]
        assert kept
        assert {
            scene.state_of(row) for scene, row in zip(scenes, rows, strict=True)
        } == {SignupState.DELIVERED}


@ONE_DATABASE
def test_row_17_six_hours_of_5xx_cost_eighty_calls_at_most_and_nobody_is_asked_to_connect(
    scene: Scene, sink: Sink
) -> None:
    rows = [scene.somebody_signs_up() for _ in range(3)]
    scene.ended()
    scene.world.fault(TOKEN, status=503)
    began, seen, before = (
        scene.world.clock.now(),
        list[str](),
        len(scene.world.calls("/v3/")),
    )
    while (now := scene.world.clock.now()) < began + timedelta(hours=6):
        scene.world.clock.advance(
            seconds=max(
                0, ((scene.held().next_attempt_at or now) - now).total_seconds()
            )
            + 5
        )
        if len(seen) % 10 == 0:
            scene.work()
        with suppress(NotNow):
            tokens.fresh_token(scene.account.id, patience=0)
        seen.append(
            health.of(scene.world.again(scene.account), scene.world.clock.now()).state
        )
    calls, page = len(scene.token_calls()), scene.page()
    scene.world.mend()
    scene.work(minutes=6)
    scene.work(minutes=6)

    assert set(seen) == {"retrying"}
    assert "Constant Contact is having problems. Latchkey will try again." in page
    assert 40 < calls <= 80
    assert len(scene.world.calls("/v3/")) == before
    assert {scene.state_of(row) for row in rows} == {SignupState.DELIVERED}
    assert sink.taken == []


def test_row_19_revoked_at_the_provider_the_first_401_leads_to_one_refused_renewal_and_a_mail(
    scene: Scene, sink: Sink
) -> None:
    scene.world.control("revoke", account=scene.account.provider_id)
    rows = [scene.somebody_signs_up() for _ in range(3)]
    before = len(scene.world.calls("/v3/contacts"))
    for _ in range(6):
        scene.work(minutes=5)
    looks = scene.world.calls("/v3/contacts")[before:]

    assert [call["status"] for call in looks] == [401]
    assert scene.token_calls() == [400]
    assert {scene.state_of(row) for row in rows} == {SignupState.WAITING}
    assert told() == {scene.account.id: "grant_refused"}
    assert len(sink.to(OWNER)) == len(sink.to(ADA)) == 1
    assert "3 people are waiting." in scene.page()


def test_row_20_disconnected_while_a_renewal_is_under_way_nothing_comes_back(
    scene: Scene, sink: Sink
) -> None:
    address = path_of(status_links.make(scene.account.id, ADA).address)
    nora = scene.world.app.test_client()
    page = nora.get(address).text
    scene.ended()
    pressed: list[int] = []

    def disconnect() -> None:
        pressed.append(
            nora.post(
                f"{address}/disconnect", data={"csrf_token": csrf_of(page)}
            ).status_code
        )

    with (
        while_answering(scene.world, TOKEN, disconnect),
        pytest.raises(NeedsOwner, match="disconnected"),
    ):
        tokens.fresh_token(scene.account.id)
    scene.somebody_signs_up()
    scene.work(hours=1)
    db.session.rollback()

    assert (pressed, scene.token_calls()) == ([303], [200])
    assert db.session.scalars(select(TokenSet)).all() == []
    assert "The account is disconnected, so there is no token set." in scene.page()
    assert "1 person is waiting." in scene.page()
    assert told_by_mail(sink) == [
        (ADA, f"{scene.account.name} was disconnected by its owner")
    ]


def test_row_21_connected_again_while_an_old_renewal_is_under_way_the_new_grant_wins(
    scene: Scene, owner: Owner
) -> None:
    link, ends = (
        path_of(invitations.create("Bakery", 7, ADA, scene.account.id).address),
        [],
    )
    before = scene.held().grant_id
    scene.ended()
    with while_answering(
        scene.world, TOKEN, lambda: ends.append(heading_of(owner.connect(link).text))
    ):
        got = tokens.fresh_token(scene.account.id)
    grant, stored = scene.held().grant_id, scene.pair()[0]
    scene.ended()
    scene.work()

    assert ends == [f"{scene.account.name} is connected"]
    assert got == stored
    assert grant == scene.held().grant_id != before
    # the old renewal, the exchange, and a renewal of the new grant
    assert scene.token_calls() == [200, 200, 200]
    assert scene.is_well()


@ONE_DATABASE
def test_row_22_another_account_is_refused_and_moved_to_only_on_purpose_list_by_list(
    scene: Scene, owner: Owner
) -> None:
    other, before, row = Scene(scene.world, 1), scene.pair(), scene.somebody_signs_up()
    refused = owner.connect(
        path_of(invitations.create("Bakery", 7, ADA, scene.account.id).address),
        login=YOGI,
    )
    unchanged = (
        scene.pair() == before,
        scene.world.again(scene.form).account_id == scene.account.id,
    )
    here = f"/accounts/{scene.account.id}/move"
    page = scene.admin.get(f"{here}?to={other.account.id}").text
    last = facts.lists_of(other.account.id)[-1].list_id
    sent = {"csrf_token": csrf_of(page), "to": other.account.id}
    unsaid = scene.admin.post(
        here, data=sent | dict.fromkeys(re.findall(r'name="(list_[^"]+)"', page), "")
    )
    scene.admin.post(
        here, data=sent | dict.fromkeys(re.findall(r'name="(list_[^"]+)"', page), last)
    )
    scene.work()

    assert heading_of(refused.text) == "This is a different account"
    assert unchanged == (True, True)
    assert "Choose the list that replaces" in text_of(unsaid.text)
    assert scene.state_of(row) == SignupState.DELIVERED
    assert scene.world.contacts(other.account)[row.email]["list_memberships"] == [last]
    assert row.email not in scene.world.contacts(scene.account)


@ONE_DATABASE
def test_row_23_in_two_hundred_idle_days_it_is_renewed_every_week_at_least_and_stays_connected(
    scene: Scene, sink: Sink
) -> None:
    for _ in range(29):
        scene.work(days=6, hours=22)
    at = [call["at"] for call in scene.world.calls(TOKEN)]

    assert (
        max(later - sooner for sooner, later in pairwise(at))
        <= timedelta(days=7).total_seconds()
    )
    assert at[-1] - at[0] > timedelta(days=190).total_seconds()
    assert set(scene.token_calls()) == {200}
    assert re.search(
        r"Expires if unused After 180 days \(1(79|80) left\)", scene.page()
    )
    assert sink.taken == []
    assert scene.is_well()
