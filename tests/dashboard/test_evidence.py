"""Evidence of sign-ups: written once when one is over, found when all else is gone."""

import ast
import json
from hashlib import sha256
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from app.database.session import db, write_transaction
from app.delivery import admin_actions
from app.forms.models import FormDay, FormVersion
from app.signups import evidence, people
from app.signups.models import Attempt, Evidence, Signup, SignupEvent, SignupState
from app.stats import rollup
from tests.dashboard.reading import text_of
from tests.house import files
from tests.world import ONE_DATABASE, World, csrf_of

ZOE = "zoe@example.com"


def delivered(world: World, email: str = ZOE, **values: Any) -> Signup:
    """A sign-up that was confirmed and delivered, as its rows tell."""
    form = world.form(world.account())
    row = world.signup(
        form,
        email,
        state=SignupState.DELIVERED,
        reason=None,
        action="created",
        contact_id="c-1",
        due_at=None,
        door="framed",
        network="203.0.113.0/24",
        language="en",
        signals=",no_proof,",
        settled_at=world.clock.now(),
        confirmed_at=world.clock.now(),
        **values,
    )
    with write_transaction() as session:
        session.add(
            SignupEvent(
                signup_id=row.id,
                at=world.clock.now(),
                what="confirmed",
                detail={"network": "203.0.113.9", "agent": "Firefox", "seconds": 42},
            )
        )
        session.add(
            Attempt(
                signup_id=row.id,
                number=1,
                started_at=world.clock.now(),
                ended_at=world.clock.now(),
                outcome="created",
                detail=f"Taken: {email.upper()}",
                request_id="r-1",
            )
        )
    return row


def folded(world: World) -> list[Evidence]:
    rollup.fold(world.clock.now(), least=1)
    db.session.rollback()
    return list(db.session.scalars(select(Evidence)))


def test_the_record_is_written_once_when_a_sign_up_is_over(world: World) -> None:
    row = delivered(world)
    world.signup(world.again(row).form, "max@example.com")

    (stored,) = folded(world)
    first = (stored.record, stored.digest, stored.at)
    with write_transaction() as session:
        session.execute(update(Signup).values(counted=False))
    world.clock.advance(days=1)
    (again,) = folded(world)

    record = stored.record
    assert (again.record, again.digest, again.at) == first
    assert stored.person == people.hash_of(ZOE)
    assert record["consent"]["text"] == "Yes, send me news."
    assert record["consent"]["language"] == "en"
    assert record["signed_up"]["door"] == "framed"
    assert record["signed_up"]["network"] == "203.0.113.0/24"
    assert record["signed_up"]["signals"] == ["no_proof"]
    assert record["events"][0]["detail"]["seconds"] == 42
    assert record["attempts"][0]["request_id"] == "r-1"
    assert record["outcome"]["contact_id"] == "c-1"
    assert record["form"]["looked"]
    assert ZOE not in json.dumps(record).lower()
    assert (
        stored.digest
        == sha256(
            json.dumps(
                record, sort_keys=True, separators=(",", ":"), ensure_ascii=False
            ).encode()
        ).hexdigest()
    )
    assert db.session.scalars(select(FormDay.delivered)).all() == [2]


def test_a_form_from_before_versions_were_kept_is_kept_as_it_still_looks(
    world: World,
) -> None:
    delivered(world)
    with write_transaction() as session:
        session.execute(delete(FormVersion))

    (stored,) = folded(world)
    (version,) = db.session.scalars(select(FormVersion))

    assert stored.record["form"]["looked"] == evidence.digest_of(version.snapshot)


def test_evidence_is_found_under_every_key_when_address_and_answers_are_gone(
    world: World, admin: FlaskClient
) -> None:
    row = delivered(world, "Zoe@Example.com")
    folded(world)
    with write_transaction() as session:
        session.execute(delete(Attempt))
        session.execute(update(Signup).values(email="", person="", body={}))
    csrf = csrf_of(admin.get("/evidence").text)
    asked = {"csrf_token": csrf, "address": " zoe@example.com "}

    page = text_of(admin.post("/evidence", data=asked).text)
    (sheet,) = admin.post("/evidence.json", data=asked).get_json()
    nobody = admin.post("/evidence", data={**asked, "address": "max@example.com"}).text

    assert "1 sign-up of" in page
    assert "Unchanged: the digest matches" in page
    assert "Join our newsletter" in page
    assert (sheet["signup"], sheet["final"], sheet["intact"]) == (row.id, True, True)
    assert sheet["form"]["fields"][0]["label"] == "First name"
    assert "Nothing found" in nobody


@ONE_DATABASE
def test_a_sign_up_that_is_not_over_has_a_sheet_that_says_so(
    world: World, admin: FlaskClient
) -> None:
    row = world.signup(
        world.form(world.account()), ZOE, state=SignupState.HELD, reason="suspicious"
    )
    admin_actions.release([row.id], "ann@example.com")

    page = text_of(admin.get(f"/signups/{row.id}/evidence").text)
    (sheet,) = admin.get(f"/signups/{row.id}/evidence.json").get_json()

    assert "Not final yet" in page
    assert "by ann@example.com" in page
    assert (sheet["final"], sheet["intact"]) == (False, True)
    assert folded(world) == []


@ONE_DATABASE
@pytest.mark.parametrize("of", ["record", "form"])
def test_a_record_or_form_that_was_changed_is_told(
    world: World, admin: FlaskClient, of: str
) -> None:
    row = delivered(world)
    (stored,) = folded(world)
    with write_transaction() as session:
        if of == "record":
            wrong = {**stored.record, "confirmed_at": None}
            session.execute(update(Evidence).values(record=wrong))
        else:
            (version,) = session.scalars(select(FormVersion))
            version.snapshot = {**version.snapshot, "heading": "Something else"}

    page = admin.get(f"/signups/{row.id}/evidence").text

    assert "Changed: the digest does not match" in text_of(page)


def changes_of_evidence(text: str) -> list[str]:
    """The statements of a file that update or delete `Evidence`."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in ("update", "delete")
        and any(ast.unparse(argument) == "Evidence" for argument in node.args)
    ]


def test_nothing_of_ours_updates_or_deletes_evidence() -> None:
    assert changes_of_evidence("session.execute(sql.delete(Evidence).where(x))")
    assert [
        (file.name, change)
        for file in files()
        for change in changes_of_evidence(file.text)
    ] == []
