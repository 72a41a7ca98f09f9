"""Whether a domain can receive mail, asked of a real name server on this machine."""

from collections.abc import Callable, Iterator

import dns.resolver
import pytest
from flask import Flask
from pydantic import SecretStr

from app.confirmation import asking as confirmation
from app.delivery import admin_actions, correction
from app.signups.models import SignupState
from app.signups.screening import mail_domains
from app.worker import runner
from tests.signups.screening.name_server import NameServer, name_server
from tests.world import ONE_DATABASE, World

pytestmark = ONE_DATABASE

TABLE = {
    ("MX", "bakery.shop."): ["10 mail.bakery.shop."],
    ("MX", "nomail.shop."): ["0 ."],
    ("A", "old.shop."): ["192.0.2.7"],
    ("AAAA", "new.shop."): ["2001:db8::7"],
    ("TXT", "bare.shop."): ['"nothing here"'],
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    with name_server(TABLE) as server:
        monkeypatch.setattr(dns.resolver, "default_resolver", server.resolver())
        yield server


@pytest.fixture
def asking(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    app = make_app(check_mail_domains=True)
    with app.app_context():
        yield app


@pytest.mark.parametrize(
    ("domain", "can"),
    [
        ("bakery.shop", True),
        ("old.shop", True),
        ("new.shop", True),
        ("nomail.shop", False),
        ("bare.shop", False),
        ("missing.shop", False),
    ],
)
def test_a_domain_can_receive_by_its_mail_servers_or_its_own_address(
    asking: Flask, server: NameServer, domain: str, can: bool
) -> None:
    assert mail_domains.can_receive(f"zoe@{domain}") is can


def test_an_answer_is_kept_and_asked_for_again_when_it_is_old(
    world: World, asking: Flask, server: NameServer
) -> None:
    def number_of_questions() -> int:
        return len(server.asked)

    mail_domains.can_receive("zoe@nomail.shop")
    first = number_of_questions()
    mail_domains.can_receive("max@nomail.shop")
    again = number_of_questions()
    world.clock.advance(hours=25)
    mail_domains.can_receive("max@nomail.shop")

    assert first == again == 1
    assert number_of_questions() == 2


def test_no_answer_means_yes_and_spares_the_next_questions(
    asking: Flask, server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_domains, "LIFETIME", 0.05)
    server.silent |= {"slow.shop.", "slower.shop."}

    answers = [
        mail_domains.can_receive(f"zoe@{domain}")
        for domain in ("slow.shop", "slower.shop")
    ]

    assert answers == [True, True]
    assert {question.split()[1] for question in server.asked} == {"slow.shop."}


def test_made_up_domains_of_examples_are_never_asked(
    asking: Flask, server: NameServer
) -> None:
    for domain in ("example.com", "shop.example", "host.test"):
        assert mail_domains.can_receive(f"zoe@{domain}")

    assert server.asked == []


def test_who_cannot_be_reached_is_held_and_sent_if_an_admin_says_so(
    world: World, asking: Flask, server: NameServer
) -> None:
    form = world.form(world.account())
    lost = world.signup(form, "zoe@nomail.shop")
    fine = world.signup(form, "zoe@bakery.shop")

    runner.drain()

    assert (world.again(lost).state, world.again(lost).reason) == (
        SignupState.HELD,
        "cannot_receive",
    )
    assert world.again(fine).state == SignupState.DELIVERED


def test_a_corrected_address_is_looked_at_like_a_new_one(
    world: World, asking: Flask, server: NameServer
) -> None:
    row = world.signup(world.form(world.account()), "zoe@nomail.shop")
    runner.drain()
    states = []
    for email in ("max@nomail.shop", "max@bakery.shop"):
        row = world.again(row)
        seen = correction.version_of(row)
        correction.correct(row.id, seen, email, row.body, "ann@example.com")
        runner.drain()
        states.append((world.again(row).state, world.again(row).reason))

    assert states == [("held", "cannot_receive"), ("delivered", "created")]


def test_nobody_is_asked_at_a_domain_that_takes_no_mail(
    world: World, make_app: Callable[..., Flask], server: NameServer
) -> None:
    form = world.form(world.account())
    app = make_app(check_mail_domains=True, smtp_url=SecretStr("smtp://127.0.0.1:1"))
    rows = [
        world.signup(form, email, state=SignupState.CONFIRMING, reason="form_asks")
        for email in ("zoe@nomail.shop", "zoe@bakery.shop")
    ]
    with app.app_context():
        while confirmation.step():
            pass

    assert [world.again(row).reason for row in rows] == ["cannot_receive", "form_asks"]


def test_what_an_admin_sends_all_the_same_is_sent(
    world: World, asking: Flask, server: NameServer
) -> None:
    row = world.signup(
        world.form(world.account()),
        "zoe@nomail.shop",
        state=SignupState.HELD,
        reason="cannot_receive",
        due_at=None,
    )

    admin_actions.send_again([row.id])
    runner.drain()

    assert world.again(row).state == SignupState.DELIVERED


def test_who_was_asked_already_is_not_held_when_the_domain_stops_taking_mail(
    world: World, make_app: Callable[..., Flask], server: NameServer
) -> None:
    row = world.signup(
        world.form(world.account()),
        "zoe@bakery.shop",
        state=SignupState.CONFIRMING,
        reason="form_asks",
    )
    app = make_app(check_mail_domains=True, smtp_url=SecretStr("smtp://127.0.0.1:1"))
    with app.app_context():
        confirmation.step()
        server.table[("MX", "bakery.shop.")] = ["0 ."]
        world.clock.advance(days=31)
        confirmation.step()

    assert world.again(row).state == SignupState.CONFIRMING
