"""The page of whoever is signed in: who they are, and the email alerts they choose."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.auth import alert_choices, users
from app.auth.models import User
from app.messages import ALERTS
from tests.dashboard.reading import text_of
from tests.mail.acting import ADA
from tests.world import ONE_DATABASE, World, csrf_of

pytestmark = ONE_DATABASE


def save(browser: FlaskClient, page: str, **typed: object) -> TestResponse:
    return browser.post("/me", data={"csrf_token": csrf_of(page), **typed})


def ada() -> User:
    user = users.with_email(ADA)
    assert user
    return user


def test_every_alert_is_on_until_it_is_switched_off(world: World) -> None:
    admin = world.signed_in("admin", ADA)
    page = admin.get("/me").text
    assert page.count('name="alerts"') == len(ALERTS)
    assert page.count("checked") == len(ALERTS) + 1  # and no summary
    assert [alert_choices.who_wants(alert) for alert in ALERTS] == [[ADA]] * len(ALERTS)

    answer = save(admin, page, alerts=["parked", "limit"], summary="weekly")

    assert answer.headers["Location"] == "/me"
    wanted = {alert for alert in ALERTS if alert_choices.who_wants(alert)}
    assert wanted == {"parked", "limit"}
    due_at = world.again(ada()).summary_due_at
    assert due_at
    assert due_at.weekday() == 0
    after = admin.get("/me").text
    assert "Your email alerts are saved." in after
    assert after.count("checked") == 3
    assert "Next one:" in text_of(after)


def test_none_at_all_can_be_chosen(world: World) -> None:
    admin = world.signed_in("admin", ADA)
    save(admin, admin.get("/me").text, summary="off")

    assert world.again(ada()).alerts_off == list(ALERTS)
    assert alert_choices.who_wants("account") == []


@pytest.mark.parametrize(
    "typed",
    [
        {"alerts": ["nonsense"], "summary": "off"},
        {"alerts": ["parked"], "summary": "hourly"},
        {"alerts": ["parked"]},
    ],
)
def test_what_is_no_choice_changes_nothing(
    world: World, typed: dict[str, object]
) -> None:
    admin = world.signed_in("admin", ADA)
    answer = save(admin, admin.get("/me").text, **typed)

    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert world.again(ada()).alerts_off == []
    assert world.again(ada()).summary == "off"


def test_a_viewer_sees_who_they_are_and_chooses_nothing(world: World) -> None:
    viewer = world.signed_in("viewer", "vera@example.com")
    page = viewer.get("/me")

    assert "vera@example.com" in text_of(page.text)
    assert "Email alerts go to admins only." in text_of(page.text)
    answer = save(viewer, viewer.get("/accounts").text, summary="daily")
    assert answer.status_code == 403


def test_the_menu_leads_to_it_from_every_page(world: World) -> None:
    for role in ("admin", "viewer"):
        assert 'href="/me"' in world.signed_in(role).get("/").text


def test_without_a_mail_server_the_page_says_so(world: World) -> None:
    page = text_of(world.signed_in().get("/me").text)

    assert "Email is not set up" in page
