"""A form's protection in the builder: new forms have the recommended one, old ones keep
theirs and are offered it.
"""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select, update

from app.database.session import db, write_transaction
from app.forms import service, versions
from app.forms.models import Form, FormVersion
from app.services import services
from tests.dashboard.form_pages import filled
from tests.dashboard.reading import text_of
from tests.world import World, all_forms, csrf_of

CHOICES = {
    "confirmation": "on",
    "known_contacts": "ask_first",
    "confirm_subject": "One more click",
    "confirm_text": "Please confirm.\nThank you!",
    "confirm_url": "https://example.com/confirmed",
    "shows_sender": "y",
    "sites": "https://example.com",
}


def with_mail(app: Flask) -> None:
    """Let the running app have a mail server."""
    settings = services().settings.model_copy(
        update={"smtp_url": SecretStr("smtp://127.0.0.1:9")}
    )
    app.extensions["latchkey"] = replace(services(), settings=settings)
    assert services().settings.mails


def chosen_in(page: str) -> dict[str, str]:
    """The chosen one of each group of radio buttons."""
    inputs = re.findall(r"<input[^>]*type=\"radio\"[^>]*>", page)
    return {
        re.search(r'name="([^"]+)"', one)[1]: re.search(r'value="([^"]+)"', one)[1]  # type: ignore[index]
        for one in inputs
        if "checked" in one
    }


def protection_of(form: Form) -> dict[str, Any]:
    return {
        name: getattr(form, name)
        for name in ("confirmation", "known_contacts", "reminds", "shows_sender")
    }


def test_a_new_form_begins_with_what_is_recommended_where_mail_is_set_up(
    world: World, admin: FlaskClient, app: Flask
) -> None:
    world.account()
    without_mail = admin.get("/forms/new").text

    with_mail(app)
    page = admin.get("/forms/new").text

    assert chosen_in(without_mail)["confirmation"] == "off"
    assert chosen_in(without_mail)["known_contacts"] == "update"
    assert "No mail server is set up" in text_of(without_mail)
    assert chosen_in(page)["confirmation"] == "suspicious"
    assert chosen_in(page)["known_contacts"] == "add_only"
    assert re.search(r'<input(?=[^>]*name="shows_sender")[^>]*checked', page)
    assert "No mail server is set up" not in text_of(page)


def test_every_choice_is_saved_opens_again_and_goes_along_with_a_copy(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    admin.post("/forms/new", data=filled(admin, account, "/forms/new", **CHOICES))
    (form,) = all_forms()

    page = admin.get(f"/forms/{form.id}").text
    copy = db.session.get_one(Form, service.duplicate(form.id))

    assert protection_of(form) == protection_of(copy)
    assert protection_of(form) == {
        "confirmation": "on",
        "known_contacts": "ask_first",
        "reminds": False,
        "shows_sender": True,
    }
    for name in ("confirm_subject", "confirm_text", "confirm_url"):
        assert getattr(form, name) == getattr(copy, name) == CHOICES[name]
        assert CHOICES[name].splitlines()[0] in page
    assert chosen_in(page)["confirmation"] == "on"


def test_a_form_that_updates_exactly_asks_instead_of_only_adding(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    said = {"way": "exactly", "known_contacts": "add_only"}

    admin.post("/forms/new", data=filled(admin, account, "/forms/new", **said))

    (form,) = all_forms()
    assert (form.exactly, form.known_contacts) == (True, "ask_first")


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("confirmation", "sometimes", "Not a valid choice"),
        ("confirm_subject", "x" * 151, "at most 150 characters"),
        ("confirm_text", "x" * 2001, "at most 2000 characters"),
        ("confirm_url", "javascript:alert(1)", "the full address"),
        (
            "confirm_url",
            "https://elsewhere.example/",
            "one of the form’s allowed sites",
        ),
    ],
)
def test_what_cannot_be_saved_is_said_at_its_field(
    world: World, admin: FlaskClient, name: str, typed: str, sentence: str
) -> None:
    account = world.account()
    said = {**CHOICES, name: typed}

    answer = admin.post("/forms/new", data=filled(admin, account, "/forms/new", **said))

    assert answer.status_code == 422
    assert sentence in text_of(answer.text)
    assert all_forms() == []


# -- forms from before


def from_before(form: Form) -> None:
    with write_transaction() as session:
        session.execute(
            update(Form).where(Form.id == form.id).values(offers_protection=True)
        )


@pytest.mark.parametrize("exactly", [False, True])
def test_an_older_form_keeps_its_ways_until_an_admin_presses_once(
    world: World, admin: FlaskClient, app: Flask, exactly: bool
) -> None:
    form = world.form(world.account(), exactly=exactly)
    from_before(form)
    assert "can be protected better" not in admin.get("/").text  # without mail
    with_mail(app)
    overview, page = admin.get("/").text, admin.get(f"/forms/{form.id}/share").text
    before = protection_of(form)

    admin.post(f"/forms/{form.id}/protect", data={"csrf_token": csrf_of(page)})

    after = protection_of(world.again(form))
    assert "1 form can be protected better" in text_of(overview)
    assert "Use the recommended protection" in page
    assert before["confirmation"] == "off"
    assert after["confirmation"] == "suspicious"
    assert after["known_contacts"] == ("ask_first" if exactly else "add_only")
    assert "can be protected better" not in admin.get("/").text
    assert "Use the recommended" not in admin.get(f"/forms/{form.id}/share").text


def test_an_offer_that_was_declined_is_not_made_again(
    world: World, admin: FlaskClient, app: Flask
) -> None:
    with_mail(app)
    form = world.form(world.account())
    from_before(form)
    page = admin.get(f"/forms/{form.id}/share").text
    before = protection_of(form), form.updated_at

    admin.post(
        f"/forms/{form.id}/protect",
        data={"csrf_token": csrf_of(page), "decision": "keep"},
    )

    form = world.again(form)
    assert (protection_of(form), form.updated_at) == before
    assert "protected better" not in admin.get(f"/forms/{form.id}/share").text


# -- versions


def kept(form: Form) -> list[dict[str, Any]]:
    query = select(FormVersion).where(FormVersion.form_id == form.id)
    rows = db.session.scalars(query.order_by(FormVersion.version))
    return [row.snapshot for row in rows]


def test_each_version_of_a_form_is_kept_as_it_looked(world: World) -> None:
    account = world.account()
    form = world.form(account)
    for change in (
        lambda: world.reworded(form, "Yes, please."),
        lambda: service.delete(form.id),
        lambda: service.restore(form.id),
    ):
        world.clock.advance(seconds=5)
        change()

    snapshots = kept(form)
    (newest,) = db.session.scalars(
        select(FormVersion).where(FormVersion.version == world.again(form).updated_at)
    )

    assert [snapshot["consent"]["text"] for snapshot in snapshots] == [
        "Yes, send me news.",
        *["Yes, please."] * 3,
    ]
    assert set(snapshots[0]) == {*versions.SHOWN, "consent"}
    assert newest.snapshot["heading"] == "Join our newsletter"
