"""The control API, whose shapes others rely on."""

from .acting import (
    BAKER,
    BAKERY,
    CALLBACK,
    DEVICE,
    INTERN,
    LONELY,
    LONG_LIVED,
    PUBLIC,
    ROTATING,
    Actor,
)


def test_accounts_are_listed_with_id_and_name(actor: Actor) -> None:
    accounts = actor.control("accounts")["accounts"]

    assert len(accounts) >= 6
    assert accounts[0] == {"id": BAKERY, "name": "Maple & Rye Bakery"}


def test_apps_are_listed_with_their_secrets_and_kinds(actor: Actor) -> None:
    apps = actor.control("apps")["apps"]

    assert [
        (app["client_id"], app["client_secret"], app["refresh"], app["flow"])
        for app in apps
    ] == [
        (*ROTATING, "rotating", "code"),
        (*LONG_LIVED, "long_lived", "code"),
        (PUBLIC, None, "rotating", "pkce"),
        (DEVICE, None, "rotating", "device"),
    ]
    assert CALLBACK in apps[0]["redirect_uris"]


def test_a_grant_is_a_token_set_that_works(actor: Actor) -> None:
    sent = {
        "account": BAKERY,
        "client_id": ROTATING[0],
        "scopes": ["contact_data", "offline_access"],
    }
    tokens = actor.control("grants", sent)
    actor.bearer = tokens["access_token"]

    assert set(tokens) == {
        "token_type",
        "expires_in",
        "access_token",
        "scope",
        "refresh_token",
    }
    assert actor.get("/contact_lists").status_code == 200
    assert actor.refresh(tokens["refresh_token"]).status_code == 200


def test_a_grant_can_be_anothers_of_the_account(actor: Actor) -> None:
    actor.granted(login=INTERN)

    assert actor.running.state.grants[actor.grant_id()].login == INTERN
    actor.granted()
    assert actor.running.state.grants[actor.grant_id()].login == BAKER


def test_nonsense_is_told(actor: Actor) -> None:
    for name, sent in (
        ("grants", {"account": "x", "client_id": ROTATING[0], "scopes": []}),
        ("grants", {"account": BAKERY, "client_id": "x", "scopes": []}),
        (
            "grants",
            {"account": BAKERY, "client_id": ROTATING[0], "scopes": ["everything"]},
        ),
        ("limits", {"calls_per_hour": 1}),
        ("contacts", {"account": BAKERY, "email": "a@example.com", "status": "happy"}),
        ("clock", {}),
        ("limits", {"calls_per_second": "many"}),
        ("limits", {"token_info": "sometimes"}),
        ("limits", {"token_info": None}),
        ("faults", {"route": "*"}),
        ("faults", {"route": "*", "status": "500"}),
        ("faults", {"route": "*", "status": 500, "when": "later"}),
        ("apps", {"client_id": ROTATING[0], "name": "x"}),
    ):
        response = actor.http.post(actor.url(f"/_control/{name}"), json=sent)

        assert response.status_code == 400, name
        assert response.json()["problem"]


def test_whole_contacts_are_shown(actor: Actor) -> None:
    contact = actor.control("contacts", account=BAKERY)["contacts"][0]

    assert contact["email_address"]["permission_to_send"] == "explicit"
    assert {"list_memberships", "custom_fields", "contact_id", "first_name"} <= set(
        contact
    )


def test_a_login_without_an_account_can_be_granted_too(actor: Actor) -> None:
    sent = {
        "account": None,
        "client_id": ROTATING[0],
        "scopes": ["contact_data"],
        "login": LONELY,
    }
    actor.bearer = actor.control("grants", sent)["access_token"]

    assert actor.get("/account/user/privileges").json() == []


def test_requests_are_written_down_without_bodies_or_tokens(actor: Actor) -> None:
    code = actor.consented()["code"]
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    actor.http.post(
        actor.url("/oauth2/default/v1/token"),
        params=sent,
        auth=ROTATING,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    actor.granted().get("/contacts", email="a+b@example.com")
    requests = actor.control("requests")["requests"]

    last = requests[-1]
    assert last == {
        "at": actor.clock.now(),
        "method": "GET",
        "path": "/v3/contacts",
        "query": "email=a%2Bb%40example.com",
        "status": 200,
        "client_id": ROTATING[0],
        "account": BAKERY,
    }
    token = next(request for request in requests if request["path"].endswith("/token"))
    assert (token["client_id"], token["account"]) == (ROTATING[0], BAKERY)
    assert token["query"].startswith("grant_type=authorization_code&code=-&")
    assert code not in str(requests)
    assert actor.bearer not in str(requests)


def test_requests_can_be_picked_by_path(actor: Actor) -> None:
    actor.granted().sign_up()
    actor.get("/contact_lists")
    picked = actor.control("requests", path="/v3/contacts/sign_up_form")

    assert [request["method"] for request in picked["requests"]] == ["POST"]
    assert picked["total"] > 1


def test_looking_at_the_control_is_no_request(actor: Actor) -> None:
    for _ in range(3):
        actor.control("accounts")

    assert actor.control("requests") == {"requests": [], "total": 0}


def test_the_clock_can_be_advanced(actor: Actor) -> None:
    before = actor.control("clock")["now"]

    assert actor.control("clock", {"advance": 3600})["now"] == before + 3600
    assert actor.clock.now() == before + 3600


def test_a_reset_brings_back_the_seed(actor: Actor) -> None:
    before = actor.control("contacts", account=BAKERY)
    actor.granted().sign_up()
    actor.control("faults", {"route": "*", "status": 500})
    actor.control("limits", {"calls_per_second": 1})
    actor.control("clock", {"advance": 1000})
    now = actor.control("reset", {})["now"]

    assert now == 1_800_000_000
    assert actor.control("contacts", account=BAKERY) == before
    assert actor.control("faults")["faults"] == []
    assert actor.control("limits")["calls_per_second"] is None
    assert actor.get("/contact_lists").status_code == 401


def test_a_person_can_be_put_into_a_state(actor: Actor) -> None:
    actor.granted().sign_up("visitor@example.com", first_name="Ada")
    contact_id = actor.contact("visitor@example.com")["contact_id"]
    for status in ("unsubscribed", "deleted", "implicit"):
        actor.control(
            "contacts",
            {"account": BAKERY, "email": "Visitor@example.com", "status": status},
        )
        shown = actor.get(
            "/contacts", email="visitor@example.com", status="all"
        ).json()["contacts"]

        assert [contact["contact_id"] for contact in shown] == [contact_id]
        assert shown[0]["first_name"] == "Ada"
        assert ("deleted_at" in shown[0]) == (status == "deleted")
    assert shown[0]["email_address"]["permission_to_send"] == "implicit"


def test_confirmed_opt_in_can_be_switched_on(actor: Actor) -> None:
    actor.granted()
    actor.control("accounts", {"account": BAKERY, "confirmed_opt_in": True})
    actor.sign_up("new@example.com")

    assert (
        actor.contact("new@example.com")["email_address"]["permission_to_send"]
        == "pending_confirmation"
    )


def test_redirect_uris_can_be_registered(actor: Actor) -> None:
    actor.control(
        "apps",
        {
            "client_id": ROTATING[0],
            "redirect_uris": ["https://app.example/connect/callback"],
        },
    )

    assert actor.authorize().status_code == 400
    assert (
        actor.authorize(redirect_uri="https://app.example/connect/callback").status_code
        == 302
    )
