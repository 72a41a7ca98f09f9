"""Every page of the product and how to get to it, for the camera and for the tests that
look at each.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

from playwright.sync_api import Page

from app.messages import CONNECTING
from tests.shots.acts import (
    another_key,
    api_key_refused,
    attacked,
    broken_balance,
    build_much,
    choose_badly,
    correct_badly,
    disconnected,
    enter_api_key,
    export,
    fill_in,
    find_evidence,
    form_deleted,
    invite,
    invite_badly,
    limit_used_up,
    link_for_owner,
    list_gone,
    locked_database,
    look_up,
    looked_at,
    map_nothing,
    move_nothing,
    no_worker,
    nobody_yet,
    open_confirmations,
    open_email,
    press_at_once,
    press_too_often,
    provider_down,
    save_nothing,
    send_test_mail,
    sign_in_badly,
    sign_up,
    sign_up_in_vain,
    stay,
    unconfirmed,
    upload_nothing,
    with_mail,
    without_api_key,
)
from tests.shots.stage import Stage, beat

Act = Callable[[Page], None]
Meanwhile = Callable[[Stage], AbstractContextManager[None]]


@dataclass(frozen=True)
class Scene:
    """A page: its address, who looks, what they do there, and what is wrong with the
    house meanwhile.
    """

    name: str
    path: str
    who: str = "admin"
    act: Act | None = None
    meanwhile: Meanwhile = lambda _made: nullcontext()
    status: int = 200

    def play(self, page: Page, made: Stage) -> None:
        """Go there and do it; the page stays open as it then is."""
        with made.app.app_context():
            beat()
        with self.meanwhile(made):
            answer = page.goto(made.url + self.path.format(**made.names))
            status = answer.status if answer else 0
            assert status == self.status, f"{self.name} answered {status}"
            if self.act:
                self.act(page)


EMPTY = [
    Scene("empty-overview", "/"),
    Scene("empty-accounts", "/accounts"),
    Scene("empty-forms", "/forms"),
    Scene("empty-new-form", "/forms/new"),
    Scene("empty-signups", "/signups"),
    Scene("empty-imports", "/imports"),
    Scene("sign-in", "/sign-in", "nobody"),
    Scene("sign-in-nobody-yet", "/sign-in", "nobody", meanwhile=nobody_yet),
    Scene("first-admin", "{first_admin}", "nobody", meanwhile=nobody_yet),
    Scene("first-admin-errors", "{first_admin}", "nobody", choose_badly, nobody_yet),
    Scene(
        "first-admin-old",
        "/first-admin/old",
        "nobody",
        meanwhile=nobody_yet,
        status=404,
    ),
]

ADMIN = [
    Scene("overview", "/"),
    Scene("overview-attack", "/", meanwhile=attacked),
    Scene("overview-broken", "/", meanwhile=broken_balance),
    Scene("overview-no-worker", "/", meanwhile=no_worker),
    Scene("overview-down", "/", meanwhile=provider_down),
    Scene("overview-limit", "/", meanwhile=limit_used_up),
    Scene("overview-disconnected", "/", meanwhile=disconnected),
    Scene("overview-list-gone", "/", meanwhile=list_gone),
    Scene("accounts", "/accounts"),
    Scene("accounts-link-made", "/accounts", act=invite),
    Scene("accounts-errors", "/accounts", act=invite_badly),
    Scene("account-healthy", "/accounts/{bakery}"),
    Scene("account-needs-owner", "/accounts/{yoga}"),
    Scene("account-retrying", "/accounts/{museum}"),
    Scene("account-ageing", "/accounts/{food}"),
    Scene("account-120-lists", "/accounts/{library}"),
    Scene("account-long", "/accounts/{long}"),
    Scene("account-disconnected-rtl", "/accounts/{arabic}"),
    Scene("account-confirmations", "/accounts/{bakery}", act=open_confirmations),
    Scene("account-link-made", "/accounts/{yoga}", act=link_for_owner),
    Scene("account-life", "/accounts/{bakery}/life"),
    Scene("move", "/accounts/{bakery}/move"),
    Scene("move-lists", "/accounts/{bakery}/move?to={yoga}"),
    Scene(
        "move-lists-errors", "/accounts/{bakery}/move?to={library}", act=move_nothing
    ),
    Scene("forms", "/forms"),
    Scene("new-form-which-account", "/forms/new"),
    Scene("new-form", "/forms/new?account={bakery}"),
    Scene("new-form-120-lists", "/forms/new?account={library}"),
    Scene(
        "new-form-starter",
        "/forms/new?account={bakery}&starter=supporters",
        act=build_much,
    ),
    Scene(
        "forms-deleted",
        "/forms?state=deleted&gone={form_closed}",
        meanwhile=form_deleted,
    ),
    Scene("forms-none-deleted", "/forms?state=deleted"),
    Scene("new-form-errors", "/forms/new?account={bakery}", act=save_nothing),
    Scene("edit-form", "/forms/{form_choice}"),
    Scene("edit-form-long", "/forms/{form_long}"),
    Scene("share-form", "/forms/{form_choice}/share"),
    Scene("share-form-attack", "/forms/{form_choice}/share", meanwhile=attacked),
    Scene(
        "edit-form-protection",
        "/forms/{form_choice}",
        act=open_email,
        meanwhile=attacked,
    ),
    Scene("share-form-rtl", "/forms/{form_arabic}/share"),
    Scene("results-form", "/forms/{form_choice}/results", meanwhile=looked_at),
    Scene("results-form-unseen", "/forms/{form_closed}/results", "viewer"),
    Scene("share-form-closed", "/forms/{form_closed}/share"),
    Scene("share-form-list-gone", "/forms/{form_choice}/share", meanwhile=list_gone),
    Scene("account-list-gone", "/accounts/{bakery}", meanwhile=list_gone),
    Scene("account-key-refused", "/accounts/{bakery}", meanwhile=api_key_refused),
    Scene("overview-key-refused", "/", meanwhile=api_key_refused),
    Scene("signups", "/signups"),
    Scene("signups-held", "/signups?state=held"),
    Scene("signups-batch", "/signups?state=held&why=looks_automatic"),
    Scene("signups-confirming", "/signups?state=confirming"),
    Scene("evidence", "/signups/{signup_created}/evidence"),
    Scene("evidence-nothing", "/evidence", act=find_evidence),
    Scene("signups-parked", "/signups?state=parked"),
    Scene("signups-waiting", "/signups?state=waiting"),
    Scene("signups-none", "/signups?q=nobody-at-all"),
    Scene(
        "signups-chips",
        "/signups?q=com&state=delivered&form={form_long}&since=2026-01-01"
        "&to=2027-01-01",
    ),
    Scene("signups-last-page", "/signups?page=10"),
    Scene("signup-delivered", "/signups/{signup_created}"),
    Scene("signup-waiting", "/signups/{signup_provider_down}"),
    Scene("signup-opted-out", "/signups/{signup_opted_out}", act=open_confirmations),
    Scene("signup-robot", "/signups/{signup_looks_automatic}"),
    Scene("signup-parked", "/signups/{signup_invalid}"),
    Scene("signup-list-missing", "/signups/{signup_list_missing}"),
    Scene("signup-corrected-badly", "/signups/{signup_invalid}", act=correct_badly),
    Scene(
        "signups-list-gone",
        "/signups?state=parked&why=list_missing&form={form_choice}",
        meanwhile=list_gone,
    ),
    Scene("signups-opted-out", "/signups?state=held&why=opted_out"),
    Scene(
        "signup-looked-up",
        "/signups/{signup_created}",
        act=look_up,
        meanwhile=unconfirmed,
    ),
    Scene("signup-closed", "/signups/{signup_refused}"),
    Scene("signup-confirming", "/signups/{signup_form_asks}"),
    Scene("signups-export", "/signups?state=held", act=export),
    Scene("imports", "/imports"),
    Scene("imports-errors", "/imports", act=upload_nothing),
    *(
        Scene(f"import-{state}", f"/imports/{{import_{state}}}")
        for state in (
            "reading",
            "unreadable",
            "uploaded",
            "checking",
            "checked",
            "sending",
            "following",
            "done",
            "failed",
            "cancelled",
        )
    ),
    Scene(
        "import-columns-errors", "/imports/{import_checked}?columns=", act=map_nothing
    ),
    Scene("viewer-import", "/imports/{import_checked}", "viewer"),
    Scene("viewer-imports", "/imports", "viewer"),
    Scene("accounts-no-key", "/accounts", "viewer", meanwhile=without_api_key),
    Scene("me", "/me", meanwhile=with_mail),
    Scene("me-no-mail", "/me"),
    Scene("me-viewer", "/me", "viewer"),
    Scene("setup-nothing-yet", "/setup", meanwhile=without_api_key),
    Scene(
        "setup-refused",
        "/setup",
        act=partial(enter_api_key, secret="not-its-secret"),
        meanwhile=without_api_key,
    ),
    Scene("setup-entered", "/setup", act=enter_api_key, meanwhile=without_api_key),
    Scene("setup-environment", "/setup"),
    Scene("setup-mail", "/setup", meanwhile=with_mail),
    Scene("setup-mail-in-vain", "/setup", act=send_test_mail, meanwhile=with_mail),
    Scene("viewer-accounts", "/accounts", "viewer"),
    Scene("viewer-held", "/signups?state=held", "viewer"),
]

OWNER = [
    Scene("invitation", "{link_open}", "owner"),
    Scene("invitation-used", "{link_used}", "owner"),
    Scene("invitation-revoked", "{link_revoked}", "owner"),
    Scene("invitation-expired", "{link_expired}", "owner"),
    Scene("status-healthy", "/owner/{status_bakery}", "owner"),
    Scene(
        "status-confirmation", "/owner/{status_bakery}", "owner", act=open_confirmations
    ),
    Scene("status-needs-owner", "/owner/{status_yoga}", "owner"),
    Scene("status-retrying", "/owner/{status_museum}", "owner"),
    Scene("status-disconnected-rtl", "/owner/{status_arabic}", "owner"),
    Scene("connecting", "/connect/done/{trip_under_way}", "owner", stay),
    Scene("connected", "/connect/done/{trip_connected}", "owner"),
    Scene("connected-in-part", "/connect/done/{trip_connected_in_part}", "admin"),
    *(
        Scene(
            f"problem-{reason.replace('_', '-')}",
            f"/connect/done/{{trip_{reason}}}",
            "owner",
            status=400,
        )
        for reason in CONNECTING
    ),
]

VISITOR = [
    Scene("form", "/f/{form_choice}", "visitor"),
    Scene("form-errors", "/f/{form_choice}", "visitor", fill_in),
    Scene("form-thanks", "/f/{form_choice}", "visitor", sign_up),
    Scene("form-closed", "/f/{form_closed}", "visitor", status=410),
    Scene("form-rtl", "/f/{form_arabic}", "visitor"),
    Scene("form-rtl-errors", "/f/{form_arabic}", "visitor", press_at_once),
    Scene("form-long", "/f/{form_long}", "visitor"),
    Scene(
        "form-not-stored",
        "/f/{form_choice}",
        "visitor",
        sign_up_in_vain,
        locked_database,
    ),
    Scene("confirm", "/confirm/{confirm_open}", "visitor"),
    Scene("confirm-not-me", "/confirm/{confirm_open}/not-me", "visitor"),
    Scene("confirm-unknown", "/confirm/nobody-was-sent-this", "visitor", status=404),
    Scene("embed", "/f/{form_choice}/embed", "visitor"),
    Scene("embed-errors", "/f/{form_choice}/embed", "visitor", fill_in),
    Scene("embed-thanks", "/f/{form_choice}/embed", "visitor", sign_up),
    Scene("embed-closed", "/f/{form_closed}/embed", "visitor", status=410),
    Scene(
        "form-deleted", "/f/{form_closed}", "visitor", None, form_deleted, status=410
    ),
    Scene("form-too-often", "/f/{form_choice}", "visitor", press_too_often),
]

TROUBLE = [
    Scene("sign-in-errors", "/sign-in", "nobody", sign_in_badly),
    Scene("error-403-viewer", "/forms/new", "viewer", status=403),
    Scene("error-404", "/nowhere", "nobody", status=404),
    Scene("locked", "/", "nobody", meanwhile=another_key, status=503),
    Scene("locked-owner", "{link_open}", "owner", meanwhile=another_key, status=503),
    *(
        Scene(f"error-{code}", f"/_trouble/{code}", "nobody", status=code)
        for code in (400, 403, 405, 413, 429, 500, 503)
    ),
]

# Enough for `make test`, while `make test-long` looks at all: without pages that differ from another one in their
# rows or sentences only.
ALIKE = {
    "signups-parked",
    "signups-opted-out",
    "signups-waiting",
    "signups-last-page",
    "signup-closed",
    "signup-confirming",
    "edit-form",
    "share-form-rtl",
    "account-ageing",
    "viewer-accounts",
    "account-link-made",
    "account-life",
    "move",
    "move-lists",
    "status-healthy",
    "status-retrying",
    "status-disconnected-rtl",
    "account-list-gone",
    "accounts-errors",
    "signups-held",
    "share-form-closed",
    "overview-key-refused",
    "signup-robot",
    "import-reading",
    "import-uploaded",
    "import-checking",
    "import-sending",
    "import-cancelled",
    "viewer-import",
    "viewer-imports",
    "signups-export",
    "signups-none",
    "signup-waiting",
    "signup-list-missing",
    "account-healthy",
    "account-retrying",
    "account-key-refused",
    "forms-none-deleted",
    "new-form",
    "results-form-unseen",
    "share-form-list-gone",
    "import-following",
    "import-failed",
    "accounts-no-key",
    "setup-nothing-yet",
    "setup-mail",
    "viewer-held",
    "invitation-revoked",
    "invitation-expired",
    "error-400",
    "error-405",
    "error-413",
    *(scene.name for scene in OWNER[:-3] if scene.name.startswith("problem-")),
}
ADMIN_FEW, OWNER_FEW, TROUBLE_FEW = (
    [scene for scene in scenes if scene.name not in ALIKE]
    for scenes in (ADMIN, OWNER, TROUBLE)
)

FULL = [*ADMIN, *OWNER, *VISITOR, *TROUBLE]
