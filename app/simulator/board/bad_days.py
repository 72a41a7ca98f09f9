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
    "Constant Contact has problems": (
        BadDay(
            name="down",
            title="Provider down",
            plays="Every API call is answered with 503.",
            expect=(
                "The accounts change to “Retrying” and sign-ups wait. When you stop"
                " this, all of them arrive."
            ),
            button="Take it down",
            act=fault("/v3", status=503),
        ),
        BadDay(
            name="slow",
            title="Everything is slow",
            plays="Every API call takes three seconds longer.",
            expect="Sign-ups arrive late. Visitors don’t notice.",
            button="Slow it down",
            act=fault("/v3", latency_ms=3_000),
        ),
        BadDay(
            name="hanging",
            title="No answer in time",
            plays="Every call takes effect, but is answered twenty seconds later.",
            expect=(
                "Latchkey stops waiting after ten seconds, and looks the contact up"
                " before it sends the sign-up again."
            ),
            button="Let it hang",
            act=fault("/v3", latency_ms=20_000, when="after"),
        ),
        BadDay(
            name="resets",
            title="Connections break",
            plays="Every sign-up takes effect, and then its connection is cut.",
            expect=(
                "The accounts change to “Retrying”. Nobody is subscribed twice, and no"
                " sign-ups are lost."
            ),
            button="Cut connections",
            act=fault("/v3/contacts/sign_up_form", reset=True, when="after"),
        ),
        BadDay(
            name="sign_in_down",
            title="Sign-in host down",
            plays="Sign-in and token renewals are answered with 503.",
            expect=(
                "Sign-ups continue with the current tokens. Connecting an account"
                " fails with a clear message."
            ),
            button="Take sign-in down",
            act=fault("/oauth2/", status=503),
        ),
    ),
    "Too many calls": (
        BadDay(
            name="throttled",
            title="Throttled",
            plays="One call a second gets through. All others are answered with 429.",
            expect=(
                "Everything continues at a slower pace, and no account shows a problem."
            ),
            button="Throttle it",
            act=limit("calls_per_second", 1),
        ),
        BadDay(
            name="quota",
            title="Today’s calls are used up",
            plays="Every call is answered with 429, as if today’s calls were used up.",
            expect=(
                "Sign-ups wait until just after midnight UTC, even if you stop this"
                " sooner."
            ),
            button="Use them up",
            act=limit("calls_per_day", 0),
        ),
    ),
    "Permission": (
        BadDay(
            name="expired",
            title="Access tokens expire",
            plays="All access tokens stop working now.",
            expect=(
                "Latchkey renews each account’s connection at its next sign-up. Nobody"
                " has to do anything."
            ),
            button="Let them expire",
            act=Act(lambda here, _: changes.expire(here)),
        ),
        BadDay(
            name="revoked",
            title="Permission taken back",
            plays="The owner revokes access.",
            expect=(
                "At its next sign-up, the account needs its owner, who can reconnect"
                " with a link."
            ),
            button="Revoke",
            act=revocation(),
        ),
        BadDay(
            name="key_off",
            title="API key switched off",
            plays="Constant Contact disables the application: every call gets a 403.",
            expect=("The accounts need a person. Sign-ups wait until you stop this."),
            button="Switch it off",
            act=switch("apps", "active", False, changes.app, lambda app: str(app.name)),
        ),
        BadDay(
            name="secret",
            title="API secret changed",
            plays=(
                "Someone creates a new secret in the developer portal, so the old one"
                " is refused."
            ),
            expect=(
                "At the next renewal, Latchkey asks for the new secret. Sign-ups"
                " continue until then."
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
                "The connected login becomes a Campaign Creator, who can’t access"
                " contacts."
            ),
            expect="The account needs its owner, because the login can’t add contacts.",
            button="Reduce the role",
            act=switch("logins", "role", "campaign_creator", changes.login, _who),
        ),
    ),
    "Someone changes the account": (
        BadDay(
            name="list_deleted",
            title="List deleted",
            plays="Someone deletes a list that a form adds people to.",
            expect=(
                "Sign-ups for that list need a fix, and the form’s page says what is"
                " gone."
            ),
            button="Delete the list",
            act=deletion("lists", "name", changes.contact_list),
        ),
        BadDay(
            name="field_deleted",
            title="Custom field deleted",
            plays="Someone deletes a custom field that a form fills in.",
            expect=(
                "Sign-ups that fill it in need a fix, and the form’s page says what is"
                " gone."
            ),
            button="Delete the field",
            act=deletion("fields", "label", changes.custom_field),
        ),
        BadDay(
            name="confirmed",
            title="Confirmed Opt-in",
            plays="The account now asks every new contact to confirm by email.",
            expect=(
                "Nothing changes in Latchkey: sign-ups are delivered, and wait here"
                " for confirmation."
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
            title="Someone unsubscribes",
            plays="A person uses the unsubscribe link in an email.",
            expect="A new sign-up of theirs is on hold until an admin decides.",
            button="Unsubscribe",
            act=leaving(),
        ),
    ),
    "Also": (
        BadDay(
            name="token_info",
            title="token_info switched off",
            plays="The deprecated route that lists a token’s scopes is gone.",
            expect="Nothing changes: Latchkey reads the scopes from the token.",
            button="Switch it off",
            act=limit("token_info", "gone"),
        ),
        BadDay(
            name="later",
            title="Six hours later",
            plays="The simulator’s clock jumps ahead. Latchkey’s clock doesn’t.",
            expect=(
                "After four jumps, today’s access tokens have expired. Latchkey renews"
                " them when they are refused."
            ),
            button="Jump ahead",
            act=later(6 * 3_600),
        ),
    ),
}
BY_NAME = {day.name: day for days in GROUPS.values() for day in days}
