"""What strangers get through a form that stands on the open internet, and whether people
who are none are bothered: played in one process on the shared clock, with the limits as
shipped, a real simulator and a real mail server.

Beside each attack stands what came of it in 0.2.0, before there was screening.
"""

import random
import statistics
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import requests
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select, update

from app.accounts.models import Account
from app.confirmation import asking
from app.database.session import db, write_transaction
from app.forms.models import Form
from app.mail import sender
from app.services import services
from app.signups.models import Signup, SignupState
from app.worker import runner
from tests.bench.client import Job, Told, crowd
from tests.bench.place import place
from tests.bench.served import Side, ours
from tests.mail.sink import Sink, serving
from tests.signups.reading import form_token
from tests.signups.screening.test_proof import challenge_of, solved
from tests.world import World

AS_SHIPPED = {
    "network_people": 30,
    "address_presses": 3,
    "attack_presses": 60,
    "unproven_presses": 8,
    # counted by the machine's clock, which goes slower than the one that is played
    "signup_limits": "1000000 per minute",
    "form_min_seconds": 2,
    "proxy_hops": 1,
    "calls_per_day": 1_000_000,
}
SITE = "https://bakery.example"
FIELDS = [
    {"key": "first_name", "label": "First name", "required": False},
    {"key": "company_name", "label": "Company", "required": False},
]
RECOMMENDED = {"confirmation": "suspicious", "known_contacts": "add_only"}
NETWORKS, RATE = 2000, 20  # of the botnet: networks, presses a second
CHEAP = 20_000  # digests that it computes for one press


def main() -> None:
    random.seed(20261130)
    print("| attack | 0.2.0 | now |\n|---|---|---|")
    for attack in (
        _one_token,
        _pasted_html,
        _one_known_contact,
        _an_exact_form,
        _back_after_leaving,
    ):
        with _house() as house:
            print(f"| {attack.__doc__} | {attack(house)} |", flush=True)
    print(
        f"\nA botnet of {NETWORKS:,} networks, {RATE} presses a second at one form:\n\n"
        "| it | stored | reached Constant Contact | asked, mails | held | came back |\n"
        "|---|---|---|---|---|---|"
    )
    for bot in (_posts_html, _reads_pages, _solves):
        with _house() as house:
            print(_botnet(house, bot), flush=True)
    with _house() as house:
        print(f"\n{_honest_people(house)}", flush=True)
    _beside_a_botnet()


# -- the house, and what came of presses


@dataclass
class House:
    world: World
    account: Account
    form: Form
    sink: Sink
    visitor: FlaskClient
    opened: deque[str] = field(default_factory=deque)  # pages of the botnet

    def work(self) -> None:
        """Let workers do all that is due."""
        while asking.step() or sender.send_one() or runner.step():
            pass

    def press(
        self,
        email: str,
        network: str,
        form: Form | None = None,
        token: str = "",
        proof: str | None = None,
        seconds: float = 12.0,
        **answers: str,
    ) -> int:
        """Open the form unless there is a token, wait, press; return the answer's code.

        `proof` None: the browser solves it.
        """
        address = f"/f/{(form or self.form).id}"
        if not token:
            page = self.visitor.get(address).text
            token = form_token(page)
            if proof is None:
                proof = solved(challenge_of(page))
            self.world.clock.advance(seconds=seconds)
        data = {
            "form_token": token,
            "proof": proof or "",
            "email_address": email,
            "consent": "y",
            **answers,
        }
        headers = {"X-Forwarded-For": network}
        return self.visitor.post(address, data=data, headers=headers).status_code

    def contact(self, email: str) -> dict[str, Any]:
        return self.world.contacts(self.account)[email]

    def rows(self) -> list[Signup]:
        db.session.rollback()
        return list(db.session.scalars(select(Signup).order_by(Signup.created_at)))

    def states(self) -> Counter[str]:
        return Counter(row.state for row in self.rows())


@contextmanager
def _house() -> Iterator[House]:
    with (
        serving() as sink,
        place("sqlite", smtp_url=SecretStr(sink.url()), **AS_SHIPPED) as here,
    ):
        world = here.world
        account = world.account()
        form = world.form(account, fields=FIELDS, sites=[SITE])
        _set(form, **RECOMMENDED)
        yield House(world, account, form, sink, world.app.test_client())


def _set(form: Form, **columns: Any) -> None:
    with write_transaction() as session:
        session.execute(update(Form).where(Form.id == form.id).values(columns))


def _network(number: int) -> str:
    return f"10.{number // 62500}.{number // 250 % 250}.{number % 250 + 1}"


def _sentence(states: Counter[str]) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(states.items()))


# -- the attacks that went through


def _one_token(house: House) -> str:
    """one form token, 40 addresses, 40 networks"""
    token = form_token(house.visitor.get(f"/f/{house.form.id}").text)
    house.world.clock.advance(seconds=12)
    codes = Counter(
        house.press(f"p{number}@example.com", _network(number), token=token)
        for number in range(40)
    )
    house.work()
    return (
        "40 accepted, 40 delivered |"
        f" {codes[303]} accepted, {house.states()['delivered']} delivered"
    )


def _pasted_html(house: House) -> str:
    """pasted HTML, a made-up Origin, no page read, 30 networks"""
    for number in range(30):
        _post_html(house, number)
    house.work()
    return f"30 accepted in 1.6 s, 30 delivered | {_sentence(house.states())}"


def _post_html(house: House, number: int) -> int:
    data = {
        "email_address": f"p{number}@example.com",
        "consent": "y",
        "consent_id": house.form.consent_id,
    }
    headers = {"Origin": SITE, "X-Forwarded-For": _network(number)}
    answer = house.visitor.post(f"/f/{house.form.id}", data=data, headers=headers)
    return answer.status_code


def _one_known_contact(house: House) -> str:
    """24 presses for one known contact from 24 networks"""
    _known(house)
    for number in range(24):
        house.press("zoe@example.com", _network(number), first_name=f"Buy {number}")
    house.work()
    name = house.contact("zoe@example.com")["first_name"]
    return (
        "5 delivered; the first name became an advert |"
        f" {_sentence(house.states())}; the first name is {name};"
        f" {len(house.sink.taken)} mails"
    )


def _known(house: House) -> None:
    house.world.control(
        "contacts",
        account=house.account.provider_id,
        email="zoe@example.com",
        status="implicit",
    )
    contact = house.world.simulator.state.accounts[house.account.provider_id].find(
        "zoe@example.com"
    )
    assert contact
    contact.update(first_name="Zoe", company_name="Maple & Rye")


def _an_exact_form(house: House) -> str:
    """a form that updates exactly, two presses for a known contact"""
    _known(house)
    _set(house.form, exactly=True, known_contacts="ask_first")
    for number in range(2):
        house.press("zoe@example.com", _network(number), clears="company_name")
    house.work()
    contact = house.contact("zoe@example.com")
    kept = contact["first_name"] == "Zoe" and bool(contact["company_name"])
    permission = contact["email_address"]["permission_to_send"]
    return (
        "permission lifted to explicit, seven fields emptied |"
        f" {_sentence(house.states())}; permission {permission},"
        f" answers {'kept' if kept else 'lost'}"
    )


def _back_after_leaving(house: House) -> str:
    """somebody signs up, unsubscribes there, and is signed up again within a minute"""
    house.press("zoe@example.com", _network(1))
    house.work()
    house.world.control(
        "contacts",
        account=house.account.provider_id,
        email="zoe@example.com",
        status="unsubscribed",
    )
    house.world.clock.advance(seconds=20)
    house.press("zoe@example.com", _network(2))
    house.work()
    permission = house.contact("zoe@example.com")["email_address"]["permission_to_send"]
    last = house.rows()[-1]
    return (
        "delivered, explicit again |"
        f" {last.state} ({last.reason}), permission {permission}"
    )


# -- the botnet

Bot = Callable[[House, int], int]


def _posts_html(house: House, number: int) -> int:
    """posts HTML as pasted"""
    return _post_html(house, number)


def _reads_pages(house: House, number: int) -> int:
    """reads the page, waits, runs no script"""
    page = _opened_before(house)
    if not page:
        return 0
    email, network = f"p{number}@example.com", _network(number)
    return house.press(email, network, token=form_token(page), proof="")


def _solves(house: House, number: int) -> int:
    """a browser in each network: waits, and solves the proof while that is cheap"""
    page = _opened_before(house)
    if not page:
        return 0
    challenge = challenge_of(page)
    cheap = int(challenge.rpartition(".")[2] or 0) <= CHEAP
    proof = solved(challenge) if cheap else ""
    email, network = f"p{number}@example.com", _network(number)
    return house.press(email, network, token=form_token(page), proof=proof)


def _opened_before(house: House) -> str:
    """Open a page, and return the one that was opened ten seconds ago."""
    house.opened.append(house.visitor.get(f"/f/{house.form.id}").text)
    if len(house.opened) <= 10 * RATE:
        return ""
    return house.opened.popleft()


def _botnet(house: House, bot: Bot) -> str:
    _set(house.form, known_contacts="update")
    codes: Counter[int] = Counter()
    for number in range(NETWORKS):
        codes[bot(house, number)] += 1
        house.world.clock.advance(seconds=1 / RATE)
        if number % 50 == 0:
            house.work()
    house.work()
    states = house.states()
    asked = states[SignupState.CONFIRMING]
    return (
        f"| {bot.__doc__} | {sum(states.values())} | {states['delivered']} |"
        f" {asked}, {len(house.sink.taken)} | {states['held']} | {codes[409]} |"
    )


# -- honest people


@dataclass
class Crowd:
    """A thousand honest presses of one day, in the order in which they come."""

    presses: list[tuple[float, Callable[[House], list[int]]]] = field(
        default_factory=list
    )

    def add(self, hour: float, press: Callable[[House], list[int]]) -> None:
        self.presses.append((hour, press))


def _honest_people(house: House) -> str:
    """Play them, and say who was bothered."""
    crowd = _crowd()
    began, codes = services().clock.now(), Counter[int]()
    for hour, press in sorted(crowd.presses, key=lambda one: one[0]):
        due = began + timedelta(hours=hour)
        wait = (due - services().clock.now()).total_seconds()
        house.world.clock.advance(seconds=max(0.0, wait))
        codes.update(press(house))
        house.work()
    rows, states = house.rows(), house.states()
    bothered = [row for row in rows if row.reason not in (None, *DELIVERED)]
    asked = states["confirming"] - sum(row.reason == "answers_wait" for row in rows)
    signals = Counter(row.signals for row in bothered)
    lost = codes[303] - len(rows)
    turned_away = sum(number for code, number in codes.items() if code != 303)
    return (
        f"{sum(codes.values())} honest presses of {len({r.person for r in rows})} people"
        f" in a day: {lost} lost, {turned_away} turned away, {asked} asked to confirm,"
        f" {states['held']} held {dict(signals) or ''}"
    )


DELIVERED = ("created", "updated", "unchanged", "merged", "answers_wait", "lists_only")


def _crowd() -> Crowd:
    """Ten hours: people at home, an office and a tablet at an event behind one address
    each, no script, autofill, slow typists, corrections, and couples at one laptop.
    """
    crowd = Crowd()
    for number in range(600):
        seconds = random.lognormvariate(3, 0.6)
        crowd.add(random.uniform(0, 10), _at_home(number, seconds=max(3.0, seconds)))
    for number in range(600, 660):  # autofill: a click and a press
        crowd.add(random.uniform(0, 10), _at_home(number, seconds=1.2))
    for number in range(660, 700):  # with a screen reader, or called away
        crowd.add(random.uniform(0, 10), _at_home(number, seconds=1500.0))
    for number in range(700, 750):
        crowd.add(random.uniform(0, 10), _at_home(number, proof="", seconds=20.0))
    for number in range(80):  # an office after a circular
        crowd.add(random.uniform(2, 5.5), _behind("192.0.2.10", f"office{number}"))
    for number in range(90):  # a tablet at an event
        crowd.add(5 + number / 25, _behind("192.0.2.20", f"event{number}"))
    for number in range(25):
        crowd.add(random.uniform(0, 10), _corrects(number))
    for number in range(15):
        crowd.add(random.uniform(0, 10), _couple(number))
    return crowd


def _at_home(number: int, **how: Any) -> Callable[[House], list[int]]:
    def press(house: House) -> list[int]:
        return [house.press(f"h{number}@example.com", _network(number), **how)]

    return press


def _behind(network: str, name: str) -> Callable[[House], list[int]]:
    return lambda house: [house.press(f"{name}@example.com", network)]


def _corrects(number: int) -> Callable[[House], list[int]]:
    """Press, go back, correct the name, press again."""

    def press(house: House) -> list[int]:
        emails = [f"c{number}@example.com"] * 2
        return _on_one_page(house, emails, _network(5000 + number))

    return press


def _couple(number: int) -> Callable[[House], list[int]]:
    """Two people one after the other on one page."""

    def press(house: House) -> list[int]:
        emails = [f"a{number}@example.com", f"b{number}@example.com"]
        return _on_one_page(house, emails, _network(6000 + number))

    return press


def _on_one_page(house: House, emails: list[str], network: str) -> list[int]:
    page = house.visitor.get(f"/f/{house.form.id}").text
    token, proof = form_token(page), solved(challenge_of(page))
    codes = []
    for number, email in enumerate(emails):
        house.world.clock.advance(seconds=15)
        code = house.press(
            email, network, token=token, proof=proof, first_name=f"Name {number}"
        )
        codes.append(code)
    return codes


# -- how long honest people wait meanwhile


def _beside_a_botnet() -> None:
    """Time presses on the served product, without and with a botnet beside them, in
    turns.
    """
    quiet: list[Told] = []
    beside: list[Told] = []
    with place("sqlite") as here:
        form = here.world.form(here.world.account(), sites=[SITE])
        with ours(here, f"/f/{form.id}", LATCHKEY_ATTACK_PRESSES=60) as side:
            job = Job(side.port, side.path, "press", 1, 6.0)
            for _round in range(5):
                quiet.append(crowd(job))
                with _posting(side, form):
                    beside.append(crowd(job))
    before, after = (
        statistics.median(told.at(0.99) for told in rounds)
        for rounds in (quiet, beside)
    )
    print(
        f"\np99 of an accept: {before:.0f} ms in quiet times, {after:.0f} ms beside a"
        f" botnet of {RATE} presses a second, {after / before:.2f} ×"
    )


@contextmanager
def _posting(side: Side, form: Form) -> Iterator[None]:
    """Post HTML as pasted, so many times a second, from networks of its own."""
    stop = threading.Event()

    def post() -> None:
        with requests.Session() as session:
            number = 0
            while not stop.wait(1 / RATE):
                number += 1
                session.post(
                    side.url + side.path,
                    data={
                        "email_address": f"b{uuid4().hex[:12]}@example.com",
                        "consent": "y",
                        "consent_id": form.consent_id,
                    },
                    headers={"Origin": SITE, "X-Forwarded-For": _network(number)},
                    allow_redirects=False,
                    timeout=30,
                )

    thread = threading.Thread(target=post)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
