"""The world at the start: four apps, seven organisations, and their people.

Every id is the same each time, so that configurations and tests may name them. Files in
reading order:

- stable: ids that never change
- organisations: who they are, and their logins
- lists, fields, tags, emails: what each has
- people: the contacts of each
"""

from app.simulator.models import Account, App, Login
from app.simulator.seed.emails import emails_of
from app.simulator.seed.fields import fields_of
from app.simulator.seed.lists import lists_of
from app.simulator.seed.organisations import ORGANISATIONS, Organisation, summary_of
from app.simulator.seed.people import people_of
from app.simulator.seed.stable import stable_id
from app.simulator.seed.tags import tags_of
from app.simulator.settings import SimulatorSettings, registered
from app.simulator.state import State

ROTATING = "11111111-1111-4111-8111-111111111111"
LONG_LIVED = "22222222-2222-4222-8222-222222222222"
PUBLIC = "33333333-3333-4333-8333-333333333333"
DEVICE = "44444444-4444-4444-8444-444444444444"


def seeded(settings: SimulatorSettings, now: float) -> State:
    """A fresh state; people signed up in the months before `now`."""
    return State(
        accounts={
            organisation.id: _account(organisation, now)
            for organisation in ORGANISATIONS
        },
        logins={login.name: login for login in _logins()},
        apps=seeded_apps(settings),
    )


def seeded_apps(settings: SimulatorSettings) -> dict[str, App]:
    """Two that keep a secret, a public one, and one for devices."""
    uris = registered(settings)
    apps = [
        App(
            ROTATING,
            "simulator-rotating-secret",
            "Latchkey (rotating)",
            "rotating",
            uris,
        ),
        App(
            LONG_LIVED,
            "simulator-long-lived-secret",
            "Latchkey (long lived)",
            "long_lived",
            list(uris),
        ),
        App(PUBLIC, None, "Latchkey (PKCE)", "rotating", list(uris), flow="pkce"),
        App(DEVICE, None, "Latchkey (device)", "rotating", [], flow="device"),
    ]
    return {app.client_id: app for app in apps}


def _account(organisation: Organisation, now: float) -> Account:
    lists, fields, tags = (
        lists_of(organisation, now),
        fields_of(organisation, now),
        tags_of(organisation, now),
    )
    return Account(
        organisation.id,
        summary_of(organisation),
        confirmed_opt_in=organisation.confirmed_opt_in,
        lists={item["list_id"]: item for item in lists},
        fields={item["custom_field_id"]: item for item in fields},
        contacts={
            item["contact_id"]: item
            for item in people_of(organisation, lists, fields, tags, now)
        },
        tags={item["tag_id"]: item for item in tags},
        emails=emails_of(organisation, now),
    )


def _logins() -> list[Login]:
    """Each organisation's people, and a developer who was never added to any."""
    attached = [
        Login(
            name,
            person,
            organisation.id,
            role,
            stable_id(name),
            "00u" + stable_id(name)[:17].replace("-", ""),
        )
        for organisation in ORGANISATIONS
        for name, person, role in organisation.logins
    ]
    lonely = Login(
        "developer@sandbox.example",
        "Sam Okafor",
        None,
        "account_manager",
        "UNASSIGNED",
        "00u5e1a7c0f4e01",
    )
    return [*attached, lonely]
