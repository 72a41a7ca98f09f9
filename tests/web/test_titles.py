"""A page that shows what is wrong says so in its title, whichever form was sent."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.dashboard.reading import heading_of
from tests.world import ONE_DATABASE, World, csrf_of

pytestmark = ONE_DATABASE


def title_of(page: str) -> str:
    found = re.search(r"<title>(.*?)</title>", page, re.S)
    assert found, page
    return found[1].strip()


def addresses(app: Flask, ids: dict[str, str]) -> list[str]:
    """Every address of ours that takes a post."""
    found = []
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            if "POST" not in (rule.methods or ()) or rule.endpoint == "simulator":
                continue
            values: dict[str, object] = dict.fromkeys(rule.arguments, "none")
            values |= rule.defaults or {}
            values |= {name: ids[name] for name in values if name in ids}
            found.append(adapter.build(rule.endpoint, values, method="POST"))
    ends = ("/sign-out", "/disconnect", "/delete")
    return [address for address in sorted(set(found)) if not address.endswith(ends)]


def test_every_form_that_comes_back_with_an_error_says_so_in_its_title(
    world: World, app: Flask
) -> None:
    account = world.account()
    form = world.form(account)
    signup = world.signup(form)
    ids = {"account_id": account.id, "form_id": form.id, "signup_id": signup.id}
    titles: dict[str, tuple[int, str]] = {}
    admin, nobody = world.signed_in(), app.test_client()
    for address in addresses(app, ids):
        browser = nobody if "sign-in" in address else admin
        token = csrf_of(browser.get("/sign-in" if "sign-in" in address else "/").text)
        answer = browser.post(address, data={"csrf_token": token})
        if answer.is_json or "html" not in answer.mimetype or answer.location:
            continue
        wrong = "error-summary" in answer.text or "notice-error" in _shown(answer.text)
        if wrong:
            titles[address] = (answer.status_code, title_of(answer.text))

    assert {address for address, (_status, title) in titles.items()} >= {
        "/forms/new",
        f"/forms/{form.id}",
        f"/f/{form.id}",
        f"/f/{form.id}/embed",
        "/accounts/links",
        "/imports",
        "/sign-in",
    }
    assert not {
        address: title
        for address, (_status, title) in titles.items()
        if not title.startswith("Error: ")
    }


def _shown(page: str) -> str:
    """A page without the message that shows only when htmx fails."""
    return re.sub(r'<div class="notice notice-error" role="alert" hidden', "", page)


@pytest.mark.parametrize("address", ["/", "/forms", "/accounts", "/sign-in"])
def test_a_page_that_somebody_only_opens_has_no_error_in_its_title(
    world: World, app: Flask, address: str
) -> None:
    browser: FlaskClient = world.signed_in()
    if address == "/sign-in":
        browser = app.test_client()

    page = browser.get(address).text

    assert not title_of(page).startswith("Error")
    assert heading_of(page)


def test_a_message_that_something_failed_is_an_error_in_the_title_too(
    world: World,
) -> None:
    browser = world.signed_in()
    browser.get("/")
    with browser.session_transaction() as kept:
        kept["_flashes"] = [("error", "That didn’t work.")]

    assert title_of(browser.get("/forms").text).startswith("Error: ")
    assert not title_of(browser.get("/forms").text).startswith("Error: ")
