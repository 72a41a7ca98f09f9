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
from app.simulator.simulator import Simulator


@dataclass(frozen=True)
class BadDay:
    """A button of the board.

    `plays` says what happens here, `expect` what one should see in Latchkey, and
    `button` what is written on it.
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
        BadDay(
            name="down",
            title="Provider down",
            plays="Every call of the API is answered 503.",
            expect=(
                "The accounts turn to “Retrying” and sign-ups wait; when this is taken"
                " back, all of them arrive."
            ),
            button="Take it down",
            act=fault("/v3", status=503),
        ),
        BadDay(
            name="slow",
            title="Everything is slow",
            plays="Every call of the API takes three seconds longer.",
            expect="Sign-ups arrive late, and visitors notice nothing.",
            button="Slow it down",
            act=fault("/v3", latency_ms=3_000),
        ),
        BadDay(
            name="hanging",
            title="No answer in time",
            plays="Every call takes effect, but is answered twenty seconds later.",
            expect=(
                "Latchkey gives up after ten, and looks a contact up before it sends"
                " the sign-up again."
            ),
            button="Let it hang",
            act=fault("/v3", latency_ms=20_000, when="after"),
        ),
        BadDay(
            name="resets",
            title="Connections break",
            plays="Every sign-up takes effect, and then its connection is cut.",
            expect=(
                "The accounts turn to “Retrying”; nobody is subscribed twice and"
                " nothing is lost."
            ),
            button="Cut connections",
            act=fault("/v3/contacts/sign_up_form", reset=True, when="after"),
        ),
        BadDay(
            name="sign_in_down",
            title="Sign-in host down",
            plays="Consent and the renewal of tokens are answered 503.",
            expect=(
                "Sign-ups go on with the tokens at hand; connecting an account fails"
                " kindly."
            ),
            button="Take sign-in down",
            act=fault("/oauth2/", status=503),
        ),
    ),
    "Too many calls": (
        BadDay(
            name="throttled",
            title="Throttled",
            plays="Only one call a second is let through, all others are answered 429.",
            expect=(
                "Everything goes on at a slower pace, and no account is marked as in"
                " trouble."
            ),
            button="Throttle it",
            act=limit("calls_per_second", 1),
        ),
        BadDay(
            name="quota",
            title="Today’s calls are used up",
            plays="Every call is answered 429, as if the day’s calls were spent.",
            expect=(
                "Sign-ups wait until just after midnight UTC, even if this is taken"
                " back sooner."
            ),
            button="Use them up",
            act=limit("calls_per_day", 0),
        ),
    ),
    "Permission": (
        BadDay(
            name="expired",
            title="Access tokens expire",
            plays="All access tokens stop working at this moment.",
            expect=(
                "Each account renews its token set by itself at its next sign-up."
                " Nobody has to do anything."
            ),
            button="Let them expire",
            act=Act(lambda here, _: changes.expire(here)),
        ),
        BadDay(
            name="revoked",
            title="Permission taken back",
            plays="The owner withdraws all that was granted.",
            expect=(
                "At its next sign-up the account needs its owner, whom the connect"
                " link brings back."
            ),
            button="Revoke",
            act=revocation(),
        ),
        BadDay(
            name="key_off",
            title="API key switched off",
            plays="Constant Contact deactivates the application: every call is 403.",
            expect=(
                "The accounts need a person; sign-ups wait until this is taken back."
            ),
            button="Switch it off",
            act=switch("apps", "active", False, changes.app, lambda app: str(app.name)),
        ),
        BadDay(
            name="secret",
            title="API secret changed",
            plays=(
                "Somebody makes a new secret in the portal, so the old one is refused."
            ),
            expect=(
                "The next renewal of a token set asks for the secret to be corrected;"
                " sign-ups go on till then."
            ),
            button="Change the secret",
            act=switch(
                "apps",
                "client_secret",
                "made-anew-in-the-portal",
                changes.app,
                lambda app: str(app.name),
            ),
        ),
        BadDay(
            name="role",
            title="Smaller role",
            plays=(
                "The connected login becomes a Campaign Creator, who has no contacts."
            ),
            expect="The account needs its owner: the login may not add contacts.",
            button="Reduce the role",
            act=switch("logins", "role", "campaign_creator", changes.login, _who),
        ),
    ),
    "Somebody changes the account": (
        BadDay(
            name="list_deleted",
            title="List deleted",
            plays="Somebody deletes a list that a form may put people on.",
            expect=(
                "Sign-ups for that list are parked, and the form’s page names what is"
                " gone."
            ),
            button="Delete the list",
            act=deletion("lists", "name", changes.contact_list),
        ),
        BadDay(
            name="field_deleted",
            title="Custom field deleted",
            plays="Somebody deletes a custom field that a form may fill in.",
            expect=(
                "Sign-ups that fill it in are parked, and the form’s page names what"
                " is gone."
            ),
            button="Delete the field",
            act=deletion("fields", "label", changes.custom_field),
        ),
        BadDay(
            name="confirmed",
            title="Confirmed Opt-in",
            plays="The account now asks everybody new to confirm by mail.",
            expect=(
                "Nothing changes: sign-ups are delivered, and here they wait for"
                " confirmation."
            ),
            button="Switch it on",
            act=switch(
                "accounts",
                "confirmed_opt_in",
                True,
                changes.account,
                lambda of: str(of.name),
            ),
        ),
        BadDay(
            name="unsubscribes",
            title="Somebody unsubscribes",
            plays="A person leaves by the link below a mail.",
            expect="If they sign up again, it is held for an admin to decide.",
            button="Unsubscribe",
            act=leaving(),
        ),
    ),
    "Also": (
        BadDay(
            name="token_info",
            title="token_info switched off",
            plays="The deprecated route that tells a token’s scopes is gone.",
            expect="Nothing: the scopes are read from the token itself.",
            button="Switch it off",
            act=limit("token_info", "gone"),
        ),
        BadDay(
            name="later",
            title="Six hours later",
            plays="The clock here jumps ahead; Latchkey’s own does not.",
            expect=(
                "After four jumps today’s access tokens are over, and are renewed when"
                " they are refused."
            ),
            button="Jump ahead",
            act=later(6 * 3_600),
        ),
    ),
}
BY_NAME = {day.name: day for days in GROUPS.values() for day in days}
