"""Every bad day that can be rehearsed, in words and as an act."""

from dataclasses import dataclass

from app.simulator.board.acts import (
    Act,
    deletion,
    fault,
    later,
    leaving,
    limit,
    revocation,
    switch,
)
from app.simulator.control import changes
from app.simulator.models import Login, Resource
from app.simulator.settings import CHANGEABLE
from app.simulator.simulator import Simulator


@dataclass(frozen=True)
class BadDay:
    """`plays` says what happens here, `expect` what one should see in Latchkey;
    `button` begins it.
    """

    name: str
    title: str
    plays: str
    expect: str
    button: str
    act: Act

    def row(self, here: Simulator) -> Resource:
        """As `/_control/rehearsals` shows it."""
        words = {
            name: getattr(self, name) for name in ("name", "title", "plays", "expect")
        }
        return words | {
            "choices": list(self.act.choices(here)),
            "on": self.act.on(here),
        }

    def label_of(self, here: Simulator, choice: str) -> str:
        """What is in force, for people: the title, and what it is played on."""
        return ": ".join(filter(None, (self.title, _named(here, choice))))


def _named(here: Simulator, choice: str) -> str:
    key, _, inner = choice.partition(" ")
    if account := here.state.accounts.get(key):
        item = account.lists.get(inner, {}).get("name") or account.fields.get(
            inner, {}
        ).get("label")
        return f"{item} of {account.name}" if item else account.name
    return here.state.apps[key].name if key in here.state.apps else choice


def _who(login: Login) -> str:
    return f"{login.person}, {login.name}"


GROUPS: dict[str, tuple[BadDay, ...]] = {
    "Constant Contact has trouble": (
        BadDay("down", "Provider down", "Every call of the API is answered 503.",
               "The accounts turn to “Retrying” and sign-ups wait; when this is taken back, all of them arrive.",
               "Take it down", fault("/v3", status=503)),
        BadDay("slow", "Everything is slow", "Every call of the API takes three seconds longer.",
               "Sign-ups arrive late, and visitors notice nothing.",
               "Slow it down", fault("/v3", latency_ms=3_000)),
        BadDay("hanging", "No answer in time", "Every call takes effect, but is answered twenty seconds later.",
               "Latchkey gives up after ten, and looks a contact up before it sends the sign-up again.",
               "Let it hang", fault("/v3", latency_ms=20_000, when="after")),
        BadDay("resets", "Connections break", "Every sign-up takes effect, and then its connection is cut.",
               "The accounts turn to “Retrying”; nobody is subscribed twice and nothing is lost.",
               "Cut connections", fault("/v3/contacts/sign_up_form", reset=True, when="after")),
        BadDay("sign_in_down", "Sign-in host down", "Consent and the renewal of tokens are answered 503.",
               "Sign-ups go on with the tokens at hand; connecting an account fails kindly.",
               "Take sign-in down", fault("/oauth2/", status=503)),
    ),
    "Too many calls": (
        BadDay("throttled", "Throttled", "Only one call a second is let through, all others are answered 429.",
               "Everything goes on at a slower pace, and no account is marked as in trouble.",
               "Throttle it", limit("calls_per_second", 1)),
        BadDay("quota", "Today’s calls are used up", "Every call is answered 429, as if the day’s calls were spent.",
               "Sign-ups wait until just after midnight UTC, even if this is taken back sooner.",
               "Use them up", limit("calls_per_day", 0)),
    ),
    "Permission": (
        BadDay("expired", "Access tokens expire", "All access tokens stop working at this moment.",
               "Each account renews its token set by itself at its next sign-up. Nobody has to do anything.",
               "Let them expire", Act(lambda here, _: changes.expire(here))),
        BadDay("revoked", "Permission taken back", "The owner withdraws all that was granted.",
               "At its next sign-up the account needs its owner, whom the connect link brings back.",
               "Revoke", revocation()),
        BadDay("key_off", "API key switched off", "Constant Contact deactivates the application: every call is 403.",
               "The accounts need a person; sign-ups wait until this is taken back.",
               "Switch it off", switch("apps", "active", False, changes.app, lambda app: str(app.name))),
        BadDay("secret", "API secret changed", "Somebody makes a new secret in the portal, so the old one is refused.",
               "The next renewal of a token set asks for the secret to be corrected; sign-ups go on till then.",
               "Change the secret", switch("apps", "client_secret", "made-anew-in-the-portal", changes.app,
                                           lambda app: str(app.name))),
        BadDay("role", "Smaller role", "The connected login becomes a Campaign Creator, who has no contacts.",
               "The account needs its owner: the login may not add contacts.",
               "Reduce the role", switch("logins", "role", "campaign_creator", changes.login, _who)),
    ),
    "Somebody changes the account": (
        BadDay("list_deleted", "List deleted", "Somebody deletes a list that a form may put people on.",
               "Sign-ups for that list are parked, and the form’s page names what is gone.",
               "Delete the list", deletion("lists", "name", changes.contact_list)),
        BadDay("field_deleted", "Custom field deleted", "Somebody deletes a custom field that a form may fill in.",
               "Sign-ups that fill it in are parked, and the form’s page names what is gone.",
               "Delete the field", deletion("fields", "label", changes.custom_field)),
        BadDay("confirmed", "Confirmed Opt-in", "The account now asks everybody new to confirm by mail.",
               "Nothing changes: sign-ups are delivered, and here they wait for confirmation.",
               "Switch it on", switch("accounts", "confirmed_opt_in", True, changes.account, lambda of: str(of.name))),
        BadDay("unsubscribes", "Somebody unsubscribes", "A person leaves by the link below a mail.",
               "If they sign up again, it is held for an admin to decide.",
               "Unsubscribe", leaving()),
    ),
    "Also": (
        BadDay("token_info", "token_info switched off", "The deprecated route that tells a token’s scopes is gone.",
               "Nothing: the scopes are read from the token itself.",
               "Switch it off", limit("token_info", "gone")),
        BadDay("later", "Six hours later", "The clock here jumps ahead; Latchkey’s own does not.",
               "After four jumps today’s access tokens are over, and are renewed when they are refused.",
               "Jump ahead", later(6 * 3_600)),
    ),
}  # fmt: skip
BY_NAME = {day.name: day for days in GROUPS.values() for day in days}


def play(here: Simulator, name: str, choice: str = "") -> None:
    """Begin a bad day, unless it is in force; ValueError on a day or choice there is
    not.
    """
    if name not in BY_NAME:
        raise ValueError(f"There is no bad day {name}.")
    act = BY_NAME[name].act
    if choice in act.on(here) and not act.again:
        return
    if (choice.partition(" ")[0] if act.typed else choice) not in (
        act.choices(here) or [""]
    ):
        raise ValueError(f"{name} cannot be played on {choice or 'nothing'}.")
    act.do(here, choice)


def take_back(here: Simulator, name: str, choice: str = "") -> None:
    """End a bad day; nothing happens when it is not in force."""
    act = BY_NAME[name].act
    if act.undo and choice in act.on(here):
        act.undo(here, choice)


def all_well(here: Simulator) -> None:
    """Take back everything that can be, whoever began it; contacts, grants and what was
    received stay.
    """
    for day, choice in in_force(here):
        take_back(here, day.name, choice)
    here.faults.clear()
    here.settings = here.started_with


def in_force(here: Simulator) -> list[tuple[BadDay, str]]:
    """What is on, with what it is played on."""
    return [(day, choice) for day in BY_NAME.values() for choice in day.act.on(here)]


def beyond(here: Simulator) -> list[str]:
    """Faults and settings that the control API has changed and no bad day stands for."""
    covered = [day.act.covers for day in BY_NAME.values()]
    faults = [fault for fault in here.faults.all() if fault not in covered]
    changed = {name: getattr(here.settings, name) for name in CHANGEABLE}
    return [f"A fault on {fault['route']}" for fault in faults] + [
        f"{name} is {'unlimited' if value is None else value}"
        for name, value in changed.items()
        if value != getattr(here.started_with, name) and (name, value) not in covered
    ]
