"""A restart goes on where it was, given a file."""

import json
from pathlib import Path

from app.simulator import Clock, SimulatorSettings
from app.simulator.server import Running, start

from .acting import BAKERY, DEVICE, LONG_LIVED, PUBLIC, ROTATING, Actor
from .conftest import GENEROUS, NOON


def run(file: Path, clock: Clock | None = None) -> Running:
    return start(
        SimulatorSettings(**GENEROUS, state_file=file),
        clock=clock or Clock(stands_at=NOON),
    )


def test_contacts_tokens_key_clock_and_quota_survive(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "state.json"
    with run(file) as first:
        actor = Actor(first)
        tokens = actor.connect()
        actor.bearer = tokens["access_token"]
        actor.sign_up("kept@example.com")
        actor.control("clock", {"advance": 100})
        before, calls = actor.contact("kept@example.com"), dict(first.state.calls)
        actor.close()
    with run(file) as second:
        again = Actor(second, bearer=tokens["access_token"])

        assert second.clock.now() == NOON + 100
        assert again.contact("kept@example.com") == before
        assert second.state.calls == calls
        assert again.sign_up("KEPT@example.com").status_code == 200
        assert again.refresh(tokens["refresh_token"]).status_code == 200
        again.close()


def test_a_rotated_out_token_is_still_known_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with run(file) as first:
        actor = Actor(first)
        old = actor.connect()["refresh_token"]
        new = actor.refresh(old).json()["refresh_token"]
        actor.close()
    with run(file) as second:
        again = Actor(second)

        assert again.refresh(old).json()["error"] == "invalid_grant"
        assert again.refresh(new).json()["error"] == "invalid_grant"
        again.close()


def test_a_file_from_before_there_were_devices_and_public_apps_loads(
    tmp_path: Path,
) -> None:
    file = tmp_path / "state.json"
    run(file).stop()
    saved = json.loads(file.read_text())
    del saved["state"]["devices"]
    saved["state"]["apps"] = {
        ROTATING[0]: saved["state"]["apps"][ROTATING[0]] | {"client_secret": "kept"}
    }
    del saved["state"]["apps"][ROTATING[0]]["flow"]
    file.write_text(json.dumps(saved))
    with run(file) as second:
        apps = list(second.state.apps.values())

        assert [app.client_id for app in apps] == [
            ROTATING[0],
            LONG_LIVED[0],
            PUBLIC,
            DEVICE,
        ]
        assert (apps[0].client_secret, apps[0].flow) == ("kept", "code")
        assert second.state.devices == {}
        assert apps[3].redirect_uris == []


def test_it_is_saved_while_running_too(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with run(file) as running:
        actor = Actor(running).granted()
        actor.sign_up("kept@example.com")
        running.saver.save_now()
        saved = json.loads(file.read_text())
        actor.close()

    contacts = saved["state"]["accounts"][BAKERY]["contacts"].values()
    assert any(
        contact["email_address"]["address"] == "kept@example.com"
        for contact in contacts
    )
    assert file.stat().st_mode & 0o077 == 0


def test_redirect_uris_given_at_a_restart_are_registered(tmp_path: Path) -> None:
    file, uri = tmp_path / "state.json", "http://127.0.0.1:8001/connect/callback"
    run(file).stop()
    with start(SimulatorSettings(state_file=file, redirect_uris=(uri,))) as second:
        actor = Actor(second)

        assert actor.authorize(redirect_uri=uri).status_code == 302
        assert actor.authorize().status_code == 302
        actor.close()


def test_bad_days_magic_and_what_was_received_survive(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with run(file) as first:
        actor = Actor(first).granted()
        struck = actor.sign_up("503-then-ok@example.org").status_code
        actor.control(
            "faults", {"route": "/v3/contact_lists", "status": 500, "times": 2}
        )
        actor.get("/contact_lists")
        actor.control("limits", {"calls_per_day": 7, "token_info": "gone"})
        received, faults = actor.control("requests"), actor.control("faults")
        actor.close()
    with run(file) as second:
        again = Actor(second, bearer=actor.bearer)

        assert again.control("requests") == received
        assert again.control("faults") == faults
        assert faults["faults"][0]["times"] == 1
        assert again.control("limits")["calls_per_day"] == 7
        assert struck == 503
        assert again.sign_up("503-then-ok@example.org").status_code == 201
        again.control("reset", {})
        assert (
            again.control("limits")["calls_per_day"],
            again.control("limits")["token_info"],
        ) == (None, "on")
        again.close()


def test_what_was_never_changed_is_as_the_restart_says(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    run(file).stop()
    with start(SimulatorSettings(calls_per_second=9, state_file=file)) as second:
        assert second.simulator.settings.calls_per_second == 9


def test_a_file_from_before_bad_days_loads(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    run(file).stop()
    saved = json.loads(file.read_text())
    del saved["settings"], saved["faults"], saved["received"], saved["state"]["struck"]
    file.write_text(json.dumps(saved))
    with run(file) as second:
        actor = Actor(second)

        assert actor.control("faults") == {"faults": []}
        assert actor.control("requests") == {"requests": [], "total": 0}
        assert second.simulator.settings == second.simulator.started_with
        actor.close()
