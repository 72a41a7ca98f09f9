"""Filling in the builder's page, and reading what stands in it."""

import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient

from app.accounts import facts
from app.accounts.models import Account
from tests.world import csrf_of


def filled(
    browser: FlaskClient, account: Account, address: str, **values: Any
) -> dict[str, Any]:
    lists = facts.lists_of(account.id)
    return {
        "csrf_token": csrf_of(browser.get(address).text),
        "account": account.id,
        "name": "Newsletter",
        "heading": "Join us",
        "intro": "Monthly.",
        "lists": [lists[0].list_id, lists[1].list_id],
        "may_choose": [lists[0].list_id, lists[1].list_id],
        "consent": "Yes, send me news.",
        "button": "Go",
        "success": "Thanks!",
        "state": "open",
        "field": ["first_name"],
        "required_first_name": "y",
        "label_first_name": "Your name",
        **values,
    }


def seen_by(page: str) -> str:
    found = re.search(r'name="seen"[^>]* value="([^"]*)"', page)
    assert found
    return unescape(found[1])


def asked(page: str) -> list[str]:
    """The keys of the fields that a builder's page has rows of."""
    return re.findall(r'name="field" value="([^"]+)"', page)


def carried_by(preview: str) -> dict[str, str]:
    return {
        name: unescape(value)
        for name, value in re.findall(
            r'<input type="hidden" name="(csrf_token|drawn)" value="([^"]*)"', preview
        )
    }


def style_of(page: str) -> str:
    found = re.search(r"<style>(.*?)</style>", page, re.S)
    return found[1] if found else ""


def visible(page: str) -> str:
    """A visitor's page without what differs from one to the next: its ticket and its
    challenge, what a preview carries, its address.
    """
    own = r'\s(action|data-(challenge|solver|begun))="[^"]*"|<input[^>]*type="hidden"[^>]*>'
    return " ".join(re.sub(own, "", page).split())
