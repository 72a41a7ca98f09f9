"""A provider, or a mail server, whose answers repeat what they were sent: each by the
door where it is met.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from app.accounts import status_links
from app.database.session import db
from app.services import services
from app.signups.models import Signup
from app.worker import runner
from tests.accounts.owner import Owner, asked_for, consent
from tests.mail.sink import PASSWORD as MAIL_PASSWORD
from tests.states.acting import SIGN_UP, TOKEN
from tests.states.canaries import Secret, Wire
from tests.states.life import WRONG_SECRET, Life
from tests.world import PUBLIC_URL, ROTATING

Echo = Callable[[Life], None]


def settle(life: Life, wire: Wire) -> None:
    """A house with an API key, an account and a form, by the back door; its token pair
    is kept in mind.
    """
    life.ada = life.world.signed_in()
    life.press(
        "/setup", client_id=ROTATING.client_id, client_secret=ROTATING.client_secret
    )
    life.account = life.world.account(notify_email="nora@mapleandrye.example")
    life.form = life.world.form(life.account)
    life.status_page = status_links.make(life.account.id, "ada").address.removeprefix(
        PUBLIC_URL
    )
    wire.secrets |= {
        Secret(name, opened(life, name)) for name in ("access_token", "refresh_token")
    }


def opened(life: Life, name: str) -> str:
    """One of the account's tokens as it is now."""
    held = life.world.again(life.account).token_set
    return services().cipher.decrypt(getattr(held, name), "token_set", held.id, name)


def look(life: Life) -> None:
    """Ada looks at every sign-up that is not as she saw it last, and at the account; its
    owner looks at that too.
    """
    db.session.rollback()
    for row in db.session.execute(select(Signup.__table__)).all():
        if life.seen.get(row.id) != row:
            life.seen[row.id] = row
            life.ada.get(f"/signups/{row.id}")
    life.see_the_account()


def by_the_api(status: int, route: str = SIGN_UP) -> Echo:
    def echo(life: Life) -> None:
        life.somebody(f"zoe{len(life.world.calls(''))}@example.com")
        life.world.fault(
            route,
            status=status,
            times=2,
            body=[
                {
                    "error_key": "odd",
                    "error_message": f"no good: {opened(life, 'access_token')}",
                }
            ],
        )
        runner.drain()
        life.press(f"/accounts/{life.account.id}/read", f"/accounts/{life.account.id}")
        look(life)
        life.world.mend()
        life.later(hours=2)

    return echo


def by_the_token_endpoint(status: int, error: str) -> Echo:
    def echo(life: Life) -> None:
        life.world.expired(life.account)
        life.world.fault(
            TOKEN,
            status=status,
            times=1,
            body={
                "error": error,
                "error_description": (
                    f"no good: {opened(life, 'refresh_token')} {ROTATING.client_secret}"
                ),
            },
        )
        life.later(minutes=10)
        look(life)
        life.world.connected_again(life.account)

    return echo


def in_a_token_set(member: str) -> Echo:
    def echo(life: Life) -> None:
        life.world.expired(life.account)
        good: dict[str, Any] = {
            "token_type": "Bearer",
            "access_token": "a" * 40,
            "refresh_token": "b" * 40,
            "expires_in": 86_400,
            "scope": "contact_data offline_access",
        }
        life.world.fault(
            TOKEN,
            status=200,
            times=1,
            body=good | {member: f"contact_data {opened(life, 'refresh_token')}"},
        )
        life.later(minutes=1)
        look(life)
        life.world.connected_again(life.account)

    return echo


def at_the_exchange(status: int, error: str) -> Echo:
    def echo(life: Life) -> None:
        owner = Owner(life.world)
        callback = consent(owner.theirs, owner.leave(owner.link()))
        life.world.fault(
            TOKEN,
            status=status,
            times=1,
            body={
                "error": error,
                "error_description": (
                    f"no good: {asked_for(callback)['code']} {ROTATING.client_secret}"
                ),
            },
        )
        owner.come_back(callback)

    return echo


def in_the_callback(life: Life) -> None:
    owner = Owner(life.world)
    state = asked_for(owner.leave(owner.link()))["state"]
    owner.come_back(
        f"/connect/callback?error=odd&error_description=no%20good&state={state}"
    )


def at_the_setup(life: Life) -> None:
    life.world.fault(
        TOKEN,
        status=401,
        times=1,
        body={
            "error": "invalid_client",
            "error_description": f"no good: {WRONG_SECRET}",
        },
    )
    life.press("/setup", client_id=ROTATING.client_id, client_secret=WRONG_SECRET)


def to_the_doctor(life: Life) -> None:
    life.world.fault(
        TOKEN,
        status=401,
        times=1,
        body={
            "error": "invalid_client",
            "error_description": f"no good: {ROTATING.client_secret}",
        },
    )
    life.doctor()


def by_the_mail_server(life: Life) -> None:
    life.sink.say["RCPT"] = f"550 no mail for whoever says {MAIL_PASSWORD}"
    life.press("/setup/mail", "/setup")
    life.world.control("revoke", account=life.account.provider_id)
    life.world.expired(life.account)
    life.later(minutes=1)


ECHOES: tuple[Echo, ...] = (
    by_the_api(400, "/v3/contact_lists"),
    by_the_api(403, "/v3/contact_custom_fields"),
    by_the_api(400, "/v3/token_info"),
    by_the_token_endpoint(401, "invalid_client"),
    by_the_token_endpoint(400, "invalid_request"),
    by_the_token_endpoint(429, "throttled"),
    by_the_token_endpoint(503, "temporarily_unavailable"),
    in_a_token_set("token_type"),
    at_the_exchange(500, "server_error"),
    in_the_callback,
    *(by_the_api(status) for status in (400, 401, 403, 404, 409, 429, 500)),
    by_the_token_endpoint(400, "invalid_grant"),
    in_a_token_set("scope"),
    at_the_exchange(400, "invalid_grant"),
    at_the_exchange(401, "invalid_client"),
    at_the_exchange(400, "odd"),
    at_the_setup,
    to_the_doctor,
    by_the_mail_server,
)
