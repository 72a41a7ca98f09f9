"""Forms are made by posting what an admin ticked, changed, shared, copied, deleted and
brought back.
"""

from html import unescape
from uuid import uuid4

from flask.testing import FlaskClient
from sqlalchemy import update

from app.accounts import facts
from app.accounts.models import AccountField, AccountList
from app.database.session import write_transaction
from app.forms import service
from tests.dashboard.form_pages import asked, filled
from tests.dashboard.reading import text_of
from tests.world import ONE_DATABASE, World, all_forms, csrf_of, text_fields


def test_a_form_is_made_shared_and_shown_to_visitors(
    world: World, admin: FlaskClient, visitor: FlaskClient
) -> None:
    account = world.account()
    field = text_fields(account.id)[0]
    custom = f"cf_{field.custom_field_id}"

    made = admin.post(
        "/forms/new",
        data=filled(
            admin,
            account,
            "/forms/new",
            **{
                "field": ["first_name", custom],
                f"label_{custom}": "What do friends call you?",
            },
        ),
    )

    (form,) = all_forms()
    share = admin.get(made.location).text
    page = visitor.get(f"/f/{form.id}").text
    assert (made.status_code, made.location) == (303, f"/forms/{form.id}/share")
    assert f"http://127.0.0.1:8111/f/{form.id}" in share
    assert (
        f'<iframe src="http://127.0.0.1:8111/f/{form.id}/embed" title="Join us"'
        in unescape(share)
    )
    assert form.fields == [
        {"key": "first_name", "label": "Your name", "required": True},
        {
            "key": custom,
            "label": "What do friends call you?",
            "required": False,
            "custom_field_id": field.custom_field_id,
            "type": "text_area",
        },
    ]
    assert all(
        words in page
        for words in (
            "Join us",
            "Monthly.",
            "Your name",
            "What do friends call you?",
            "Go",
        )
    )
    assert [item.name in page for item in facts.lists_of(account.id)[:3]] == [
        True,
        True,
        False,
    ]


def test_a_saved_form_opens_as_it_is_and_can_be_changed_and_closed(
    world: World, admin: FlaskClient, visitor: FlaskClient
) -> None:
    account = world.account()
    form = world.form(account, name="Baking classes")
    address = f"/forms/{form.id}"
    before = admin.get(address).text

    saved = admin.post(
        address,
        data=filled(
            admin,
            account,
            address,
            name="Bread classes",
            may_choose=[],
            consent="Yes, weekly.",
            state="paused",
        ),
    )

    form = world.again(form)
    assert 'value="Baking classes"' in before
    assert saved.status_code == 303
    assert (form.name, form.open, form.visitor_chooses) == (
        "Bread classes",
        False,
        False,
    )
    assert service.consent_of(form) == "Yes, weekly."
    assert visitor.get(f"/f/{form.id}").status_code == 410
    assert "Paused" in text_of(admin.get("/forms").text)


@ONE_DATABASE
def test_what_is_missing_is_said_and_what_was_typed_stays(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()

    answer = admin.post(
        "/forms/new",
        data=filled(
            admin,
            account,
            "/forms/new",
            name="",
            lists=[],
            heading="Kept & safe",
            label_first_name="Kept label",
        ),
    )

    words = text_of(answer.text)
    assert answer.status_code == 422
    assert "Enter a name." in words
    assert "Choose at least one list." in words
    assert "Kept &amp; safe" in answer.text
    assert "Kept label" in answer.text
    assert all_forms() == []


@ONE_DATABASE
def test_a_list_that_was_renamed_is_said_on_the_account_and_on_each_form(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    form = world.form(account)
    listed = form.lists[0]
    with write_transaction() as session:
        session.execute(
            update(AccountList)
            .where(AccountList.list_id == listed["list_id"])
            .values(name="Fresh news")
        )
    told = f"“{listed['label']}” is now called “Fresh news”"

    for path in (
        f"/accounts/{account.id}",
        f"/forms/{form.id}",
        f"/forms/{form.id}/share",
    ):
        assert told in text_of(admin.get(path).text)


@ONE_DATABASE
def test_a_list_of_another_account_is_refused(world: World, admin: FlaskClient) -> None:
    account, other = world.account(), world.account(1)
    foreign = facts.lists_of(other.id)[0].list_id

    answer = admin.post(
        "/forms/new",
        data=filled(
            admin, account, f"/forms/new?account={account.id}", lists=[foreign]
        ),
    )

    assert answer.status_code == 422
    assert all_forms() == []


@ONE_DATABASE
def test_more_than_fifty_lists_are_refused_in_words(
    world: World, admin: FlaskClient
) -> None:
    library = world.account(4)
    lists = [item.list_id for item in facts.lists_of(library.id)[:51]]

    answer = admin.post(
        "/forms/new", data=filled(admin, library, "/forms/new", lists=lists)
    )

    assert answer.status_code == 422
    assert "Choose 1 to 50 lists." in text_of(answer.text)


@ONE_DATABASE
def test_with_several_accounts_one_is_chosen_first_and_without_any_one_is_connected(
    world: World, admin: FlaskClient
) -> None:
    none = text_of(admin.get("/forms/new").text)
    accounts = [world.account(), world.account(1)]

    page = admin.get("/forms/new").text

    assert "First connect an account" in none
    assert all(f"/forms/new?account={account.id}" in page for account in accounts)


@ONE_DATABASE
def test_forms_that_do_not_exist_are_not_found(
    world: World, admin: FlaskClient
) -> None:
    assert [
        admin.get(path).status_code
        for path in ("/forms/nowhere", "/forms/nowhere/share")
    ] == [404, 404]


@ONE_DATABASE
def test_markup_in_names_is_shown_as_text(world: World, admin: FlaskClient) -> None:
    form = world.form(
        world.account(),
        name='<script>alert(1)</script>"',
        heading='"><img src=x onerror=alert(1)>',
    )

    pages = "".join(
        admin.get(path).text
        for path in ("/forms", f"/forms/{form.id}", f"/forms/{form.id}/share", "/")
    )

    assert "<script>alert" not in pages
    assert "<img src=x" not in pages


@ONE_DATABASE
def test_a_form_is_deleted_with_undo_listed_apart_and_brought_back(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account(), name="Easter raffle")
    row = world.signup(form)
    token = csrf_of(admin.get(f"/forms/{form.id}").text)

    deleted = admin.post(f"/forms/{form.id}/delete", data={"csrf_token": token})
    after = admin.get(deleted.location).text
    gone = [admin.get(f"/forms/{form.id}{page}").status_code for page in ("", "/share")]
    listed, offered = admin.get("/forms?state=deleted").text, admin.get("/signups").text
    viewer = world.signed_in("viewer").get("/forms?state=deleted").text
    signup = admin.get(f"/signups/{row.id}").text
    undone, _again = (
        admin.post(f"/forms/{form.id}/restore", data={"csrf_token": token})
        for _press in "12"
    )

    assert (
        "“Easter raffle” is deleted. Its sign-ups are kept and still delivered. Undo"
        in text_of(after)
    )
    assert "No form in use" in text_of(after)
    assert gone == [404, 404]
    assert "Easter raffle" in signup
    assert f"/forms/{form.id}/share" not in signup  # nothing is there
    assert f'action="/forms/{form.id}/restore"' in after
    assert f'action="/forms/{form.id}/restore"' in listed
    assert "Easter raffle" in viewer
    assert "/restore" not in viewer
    assert f'<option value="{form.id}"' not in offered
    assert "“Easter raffle” is back, as it was." in text_of(
        admin.get(undone.location).text
    )
    assert "Easter raffle" in text_of(admin.get("/forms").text)
    assert "Deleted" not in text_of(admin.get("/forms").text)


@ONE_DATABASE
def test_a_form_starts_from_a_starter_or_as_a_copy_of_another(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    event = admin.get(f"/forms/new?account={account.id}&starter=event").text
    unknown = admin.get(f"/forms/new?account={account.id}&starter=nonsense").text
    form = world.form(account, name="Classes")

    copied = admin.post(
        f"/forms/{form.id}/duplicate", data={"csrf_token": csrf_of(event)}
    )

    assert 'value="Save your place"' in event
    assert asked(event) == ["first_name", "last_name", "phone_number"]
    assert 'value="Join our newsletter"' in unknown
    assert 'value="Copy of Classes"' in admin.get(copied.location).text
    assert "Draft" in text_of(admin.get("/forms").text)


@ONE_DATABASE
def test_a_form_with_every_field_at_its_longest_is_saved(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    with write_transaction() as session:
        session.add_all(
            AccountField(
                account_id=account.id,
                custom_field_id=str(uuid4()),
                label=f"More {number}",
                type="string",
                details={},
            )
            for number in range(16)
        )
    keys = [
        f"cf_{one.custom_field_id}"
        for one in facts.fields_of(account.id)
        if one.type == "string"
    ]
    long = {
        f"{part}_{key}": "ي" * most
        for key in keys
        for part, most in (
            ("label", 80),
            ("help", 200),
            ("placeholder", 100),
            ("default", 255),
        )
    }

    saved = admin.post(
        "/forms/new", data=filled(admin, account, "/forms/new", field=keys, **long)
    )

    assert saved.status_code == 303
    assert len(all_forms()[0].fields) == 17
