"""Pressing the board's buttons, and reading what it says."""

import re
from html import unescape

import requests

from .acting import BAKERY, Actor

PERSON = "zoe@example.org"


def press(
    actor: Actor, name: str, choice: str = "", typed: str = "", **headers: str
) -> requests.Response:
    sent = {"name": name, "choice": choice, "typed": typed}
    return actor.http.post(actor.url("/board/play"), data=sent, headers=headers)


def take_back(actor: Actor, **sent: str) -> requests.Response:
    return actor.http.post(actor.url("/board/take-back"), data=sent)


def now(page: str) -> str:
    """The words of the part at the top that says what is on."""
    found = re.search(r'<section class="now.*?</section>', page, re.S)
    assert found
    return " ".join(unescape(re.sub("<[^>]+>", " ", found[0])).split())


def board(actor: Actor) -> str:
    return actor.http.get(actor.url("/")).text


def in_force(actor: Actor) -> dict[str, list[str]]:
    return {
        row["name"]: row["on"]
        for row in actor.control("rehearsals")["rehearsals"]
        if row["on"]
    }


def first_choice(actor: Actor, name: str) -> str:
    rows = actor.control("rehearsals")["rehearsals"]
    return next(iter(next(row["choices"] for row in rows if row["name"] == name)), "")


def permission(actor: Actor, address: str = PERSON) -> str:
    found = actor.running.state.accounts[BAKERY].find(address)
    return found["email_address"]["permission_to_send"] if found else "none"
