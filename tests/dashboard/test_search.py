"""Finding sign-ups: by name and any part of the address, narrowed, counted by state,
and the same in the export.
"""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.dashboard import search as signup_search
from app.dashboard.filters import FILTERS, Filter
from app.dashboard.search import Search
from app.database.session import db, write_transaction
from app.forms.models import Form
from app.signups.models import Signup, SignupState
from app.stats import rollup, search, search_index, search_table
from tests.dashboard.exports import lines_of
from tests.dashboard.reading import people_in, text_of
from tests.world import ONE_DATABASE, World

PEOPLE = {
    "zoe@example.com": ("Zoë", "Müller"),
    "Ann.Smith+news@Bakery.example": ("Ann", "Smith"),
    "joanna@gmail.com": ("Joanna", "O'Neil"),
    "100%_real@gmail.com": ("Per", "Cent"),
    "near-star*@gmail.com": ("NEAR", 'Quo"te'),
    "li@example.cn": ("小龍", "李小龍"),
    "nameless@example.com": (None, None),
}


def person(world: World, form: Form, email: str, **values: Any) -> Signup:
    first, last = PEOPLE.get(email, ("No", "Body"))
    body: dict[str, Any] = {"list_memberships": []}
    if first:
        body |= {"first_name": first, "last_name": last}
    world.clock.advance(seconds=1)
    return world.signup(form, email, body=body, **values)


def delivered(world: World, form: Form, email: str, **values: Any) -> Signup:
    return person(
        world, form, email, state=SignupState.DELIVERED, due_at=None, **values
    )


@pytest.fixture
def form(world: World) -> Form:
    """A form with everybody, half of them counted and in the search table."""
    form = world.form(world.account())
    search_table.fill(world.clock.now())
    names = list(PEOPLE)
    for email in names[::2]:
        delivered(world, form, email)
    rollup.fold(world.clock.now(), least=1)
    for email in names[1::2]:
        person(world, form, email)
    return form


def found(browser: FlaskClient, **query: Any) -> list[str]:
    answer = browser.get("/signups", query_string=query)
    assert answer.status_code == 200
    return people_in(answer.text)


@pytest.mark.parametrize("counted", [False, True])
def test_people_are_found_by_name_and_any_part_of_the_address(
    world: World, admin: FlaskClient, form: Form, counted: bool
) -> None:
    """The same in the search table and in the rows that are not in it yet."""
    if counted:
        with write_transaction() as session:
            for row in session.query(Signup):
                row.settled_at = world.clock.now()
            session.execute(
                db.text("UPDATE signup SET state = 'delivered', due_at = NULL")
            )
        rollup.fold(world.clock.now(), least=1)
    words = {
        "zoe": ["zoe@example.com"],
        "ZOË mül": ["zoe@example.com"],
        "muller zoe": ["zoe@example.com"],
        "smith": ["Ann.Smith+news@Bakery.example"],
        "ann": ["Ann.Smith+news@Bakery.example", "joanna@gmail.com"],
        "ann o": ["joanna@gmail.com"],
        "@bakery.example": ["Ann.Smith+news@Bakery.example"],
        "+news": ["Ann.Smith+news@Bakery.example"],
        "  gmail.com ": [
            "100%_real@gmail.com",
            "joanna@gmail.com",
            "near-star*@gmail.com",
        ],
        "o'neil": ["joanna@gmail.com"],
        "0%_": ["100%_real@gmail.com"],
        "___": [],
        "%%%": [],
        "near": ["near-star*@gmail.com"],
        "ann NEAR zoe": [],
        "ann OR zoe": [],
        "zoe NOT mül": [],
        "star*": ["near-star*@gmail.com"],
        "zo*": [],
        '"ann"': [],
        'quo"te': ["near-star*@gmail.com"],
        "text:ann": [],
        "^ann": [],
        "-ann": [],
        "ann)": [],
        "李小龍": ["li@example.cn"],
        "nameless": ["nameless@example.com"],
        "zoe\x00": ["zoe@example.com"],
        "none": [],
        "x" * 3000: [],
    }

    assert {word: sorted(found(admin, q=word)) for word in words} == words


def test_fewer_than_three_characters_find_how_an_address_begins(
    admin: FlaskClient, form: Form
) -> None:
    page = admin.get("/signups?q=zo").text

    assert people_in(page) == ["zoe@example.com"]
    assert "Type at least 3 to search names" in text_of(page)
    assert found(admin, q="ml") == []
    assert "Type at least 3" not in admin.get("/signups?q=zoe").text


def test_what_is_corrected_is_found_at_once(
    world: World, admin: FlaskClient, form: Form
) -> None:
    row = person(world, form, "typo@exmaple.com", state="parked", due_at=None)
    with write_transaction() as session:
        stored = session.get_one(Signup, row.id)
        stored.email, stored.person = "right@example.com", "right@example.com"
        stored.body = {**stored.body, "first_name": "Corrected"}

    assert found(admin, q="correct") == ["right@example.com"]
    assert found(admin, q="exmaple") == []


def test_a_search_goes_with_every_other_filter_and_so_does_the_export(
    world: World, admin: FlaskClient, form: Form
) -> None:
    other = world.form(world.account(1), name="Other")
    long_ago = world.clock.now() - timedelta(days=9)
    old = delivered(world, other, "zoe-old@example.com", created_at=long_ago)
    delivered(world, other, "zoe-new@example.com")
    rollup.fold(world.clock.now(), least=1)
    held = {"state": SignupState.HELD, "reason": "many_fast", "due_at": None}
    person(world, other, "zoe-held@example.com", **held)
    person(world, form, "zoe-held-too@example.com", **held, signals=",no_proof,")
    day, next_day = str(long_ago.date()), str((long_ago + timedelta(days=1)).date())
    searches: dict[str, list[str]] = {
        "q=zoe": [
            "zoe-held-too@example.com",
            "zoe-held@example.com",
            "zoe-new@example.com",
            "zoe@example.com",
            "zoe-old@example.com",
        ],
        f"account={other.account_id}": [
            "zoe-held@example.com",
            "zoe-new@example.com",
            "zoe-old@example.com",
        ],
        f"account={other.account_id}&state=held": ["zoe-held@example.com"],
        f"account={other.account_id}&state=delivered&q=new": ["zoe-new@example.com"],
        f"account={other.account_id}&form={form.id}": [],
        f"account={other.account_id}&q=zo": [
            "zoe-held@example.com",
            "zoe-new@example.com",
            "zoe-old@example.com",
        ],
        f"form={other.id}&q=example.com&state=delivered": [
            "zoe-new@example.com",
            "zoe-old@example.com",
        ],
        "state=held&q=zoe&signal=no_proof": ["zoe-held-too@example.com"],
        f"q=zoe&to={day}": ["zoe-old@example.com"],
        f"to={day}": ["zoe-old@example.com"],
        f"since={day}&to={day}&account={other.account_id}": ["zoe-old@example.com"],
        f"q=old&since={next_day}": [],
        f"q=zoe&before={old.created_at.isoformat().replace('+', '%2B')}": [
            "zoe-old@example.com"
        ],
        "account=nobody": [],
        "q=zoe&to=nonsense&account=": [
            "zoe-held-too@example.com",
            "zoe-held@example.com",
            "zoe-new@example.com",
            "zoe@example.com",
            "zoe-old@example.com",
        ],
    }
    pages = {
        query: people_in(admin.get(f"/signups?{query}").text) for query in searches
    }
    exported = {}
    for query in searches:
        lines = lines_of(admin, query)
        exported[query] = [line["Email address"] for line in lines]

    assert sorted(pages["account=nobody"]) == []
    assert pages == searches
    assert {query: sorted(emails) for query, emails in exported.items()} == {
        query: sorted(emails) for query, emails in searches.items()
    }


def test_tabs_count_what_the_search_and_filters_find(
    world: World, admin: FlaskClient, form: Form
) -> None:
    person(world, form, "zoe-held@example.com", state="held", due_at=None)
    other = world.form(world.account(1), name="Other")
    delivered(world, other, "zoe-other@example.com")
    rollup.fold(world.clock.now(), least=1)
    for searched in (
        Search(text="zoe"),
        Search(text="zo"),
        Search(text="gmail", form_id=form.id),
        Search(form_id=form.id),
        Search(account_id=other.account_id),
        Search(account_id=form.account_id, text="example"),
        Search(since=world.clock.now() - timedelta(seconds=3)),
        Search(),
    ):
        numbers = {
            state: number.value
            for state, number in signup_search.states(searched).items()
        }
        totals = {}
        for state in SignupState:
            one = Search(**{**vars(searched), "state": state})
            totals[state] = signup_search.signups(one, 1).total

        assert numbers == totals, searched
        assert sum(numbers.values()) == signup_search.signups(searched, 1).total


def test_what_very_many_have_is_counted_up_to_a_cap_and_looked_for_in_steps(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_table.fill(world.clock.now())
    account = world.account()
    form, rare = world.form(account), world.form(account, name="Rare")
    for n in range(3):
        delivered(world, rare, f"zoe{n}@gmail.com")
    for n in range(9):
        delivered(world, form, f"zoe{n}@gmail.com")
    rollup.fold(world.clock.now(), least=1)
    person(world, form, "zoe-waits@gmail.com")
    monkeypatch.setattr(signup_search, "MAX", 5)
    monkeypatch.setattr(search, "MAX_WALKED", 4)
    everywhere = signup_search.signups(Search(text="gmail"), 1, most=5)
    numbers = signup_search.states(Search(text="gmail"), most=5)
    narrow = Search(text="zoe2@", form_id=form.id)
    few = signup_search.signups(narrow, 1, most=5)
    walked = Search(text="gmail", form_id=form.id, state="delivered")
    first = signup_search.signups(walked, 1, most=5)
    assert first.looked_until
    older = Search(**{**vars(walked), "before": first.looked_until})
    second = signup_search.signups(older, 1, most=5)

    assert (everywhere.total, everywhere.more) == (5, True)
    assert numbers[SignupState.DELIVERED].or_more
    assert numbers[SignupState.WAITING] == signup_search.Number(1)
    assert [row.email for row in few.rows] == ["zoe2@gmail.com"]
    assert [row.email for row in first.rows] == [
        f"zoe{n}@gmail.com" for n in (8, 7, 6, 5)
    ]
    assert [row.email for row in second.rows] == [
        f"zoe{n}@gmail.com" for n in (5, 4, 3, 2)
    ]
    assert signup_search.signups(Search(text="gmail", form_id=rare.id), 1).total == 3


def test_a_search_that_takes_too_long_says_so_and_finds_beginnings(
    world: World, admin: FlaskClient, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signup_search, "SECONDS", -1.0)
    monkeypatch.setattr("app.database.patience.STEPS", 1)
    slow = db.engine.dialect.name == "postgresql"
    if slow:  # its shortest limit is longer than this search
        monkeypatch.setattr(
            search,
            "is_frequent",
            lambda *_: db.session.execute(db.text("SELECT pg_sleep(1)")),
        )
    page = admin.get("/signups?q=zoe&state=delivered").text

    assert people_in(page) == ["zoe@example.com"]
    assert "Latchkey stopped it" in text_of(page)


def test_without_an_index_the_search_table_is_read(
    world: World, admin: FlaskClient, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "has_trigrams", lambda: False)

    assert found(admin, q="mül") == ["zoe@example.com"]
    assert len(found(admin, q="gmail")) == 3


@ONE_DATABASE
def test_what_is_filtered_is_shown_as_chips_that_take_it_away(
    world: World, admin: FlaskClient, form: Form
) -> None:
    query = (
        f"q=zoe+m&state=held&why=many_fast&form={form.id}&account={form.account_id}"
        "&since=2025-01-02&to=2025-03-04"
    )
    page = admin.get(f"/signups?{query}").text
    chips = page.partition('<ul class="chips"')[2].partition("</ul>")[0]
    words = text_of(chips).replace("Remove filter", "").split("  ")

    for words in (
        "Search: zoe m",
        "State: ",
        "Form: ",
        "Account: ",
        "From: Jan 2, 2025",
        "To: Mar 4, 2025",
    ):
        assert words in text_of(chips)
    links = [part.partition('"')[0] for part in chips.split('class="chip" href="')[1:]]
    assert len(links) == 7
    assert [link for link in links if "q=zoe" not in link] == links[:1]
    assert "why=" not in links[1]
    assert all("to=2025-03-04" in link for link in links[:-1])
    assert "to=" not in links[-1]
    assert 'class="chips"' not in admin.get("/signups").text


@ONE_DATABASE
def test_a_further_filter_needs_one_line(
    world: World, admin: FlaskClient, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_gmail = Filter(
        "Domain",  # type: ignore[arg-type]  # a lazy text in the app
        lambda domain: Signup.person.endswith(f"@{domain}", autoescape=True),
        lambda domain: domain.upper(),
    )
    monkeypatch.setitem(FILTERS, "domain", at_gmail)
    query = "q=real&domain=gmail.com"
    page = admin.get(f"/signups?{query}").text

    assert people_in(page) == ["100%_real@gmail.com"]
    assert "Domain: GMAIL.COM" in text_of(page)
    assert 'name="domain" value="gmail.com"' in page
    assert "domain=gmail.com" in page.partition("data-export")[2]
    assert len(lines_of(admin, query)) == 1
    assert found(admin, q="real", domain="example.com") == []


@ONE_DATABASE
def test_every_number_of_an_account_or_form_leads_to_its_list(
    world: World, admin: FlaskClient, form: Form
) -> None:
    person(world, form, "held@example.com", state="held", due_at=None)
    account = form.account_id
    page = admin.get(f"/accounts/{account}").text
    for state in ("delivered", "waiting", "held"):
        address = f"/signups?account={account}&amp;state={state}"
        assert f'href="{address}"' in page, state
        assert found(admin, account=account, state=state) != []
    assert (
        f'href="/signups?account={account}&amp;state=waiting"'
        in admin.get("/accounts").text
    )
    results = admin.get(f"/forms/{form.id}/results").text
    assert f'href="/signups?form={form.id}&amp;since=' in results
