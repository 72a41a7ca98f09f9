"""Who lives in the town of a chaos run, what they type, and how much happens meanwhile."""

import random
from dataclasses import dataclass, field

from app.accounts import facts
from app.accounts.models import Account
from app.forms.models import Form
from tests.world import World

GIVEN = [
    "Zoë",
    "Łucja",
    "Ана",
    "Юрій",
    "María José",
    "美咲",
    "अनन्या",
    "ليلى",
    "O’Brien",
    "Nguyễn",
    "Ada 🌱",
    "Ἑλένη",
]
FAMILY = [
    "O’Brien-Łukasiewicz",
    "Müller",
    "Іваненко",
    "佐藤",
    "शर्मा",
    "حداد",
    "D’Angelo",
    "Ó Súilleabháin",
    "",
]


@dataclass(frozen=True)
class Plan:
    """How much, and what happens meanwhile."""

    seed: int
    presses: int
    kills: int
    people: int
    weather: float = 0.5  # seconds between two bad moments of the provider
    leaving: int = 10  # people who unsubscribe meanwhile
    locked: float = 1.0  # seconds that somebody else holds the database
    # once, for two seconds; for our processes, so on SQLite alone
    disk_full: bool = False


@dataclass
class Press:
    """Somebody fills in a form once.

    `token` is set when the form was shown, `thanked` when the answer came.
    """

    form_id: str
    account_id: str
    email: str
    first: str
    last: str
    lists: list[str]
    token: str = ""
    thanked: bool = False

    @property
    def person(self) -> tuple[str, str]:
        return self.account_id, self.email.lower()


@dataclass
class Town:
    """Everybody and everything of one run."""

    plan: Plan
    accounts: list[Account] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    left: set[tuple[str, str]] = field(default_factory=set)
    deleted: set[tuple[str, str]] = field(default_factory=set)
    # when, in the provider's time
    left_meanwhile: dict[tuple[str, str], float] = field(default_factory=dict)
    parking: int = 0  # refusals of one sign-up for good
    kills: int = 0  # of workers
    presses: list[Press] = field(default_factory=list)


def build(world: World, plan: Plan) -> Town:
    town, dice = Town(plan), random.Random(plan.seed)
    for number in range(3):
        town.accounts.append(account := world.account(number))
        lists = [
            {"list_id": item.list_id, "label": item.name}
            for item in facts.lists_of(account.id)
        ]
        town.forms.append(world.form(account, name="Newsletter", lists=lists[:1]))
        town.forms.append(
            world.form(account, name="Choices", lists=lists[1:], visitor_chooses=True)
        )
        for n in range(8):
            for status, group in (
                ("unsubscribed", town.left),
                ("deleted", town.deleted),
            ):
                world.control(
                    "contacts",
                    account=account.provider_id,
                    email=f"{status}{n}@town.example",
                    status=status,
                )
                group.add((account.id, f"{status}{n}@town.example"))
    known = [email for _account, email in town.left | town.deleted]
    people = sorted(set(known)) + [f"neighbour{n}@example.org" for n in range(1, 13)]
    people += [
        f"person.{n}{dice.choice(('', '', '+news', '+a+b'))}@town.example"
        for n in range(plan.people)
    ]
    town.presses = [
        press(dice, dice.choice(town.forms), dice.choice(people))
        for _ in range(plan.presses)
    ]
    return town


def press(dice: random.Random, form: Form, email: str) -> Press:
    offered = [item["list_id"] for item in form.lists]
    chosen = dice.sample(offered, dice.randint(1, len(offered)))
    typed = email.upper() if dice.random() < 0.15 else email
    return Press(
        form.id, form.account_id, typed, dice.choice(GIVEN), dice.choice(FAMILY), chosen
    )
