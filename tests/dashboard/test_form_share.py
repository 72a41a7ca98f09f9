"""The Share page: what a form's list of sites means there, and what the page it is
pasted into has to allow.
"""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import update

from app.database.session import write_transaction
from app.forms.models import Form
from tests.dashboard.reading import text_of
from tests.world import ONE_DATABASE, World


@ONE_DATABASE
def test_it_says_where_a_form_may_stand_and_what_to_do_about_it(world: World) -> None:
    account, viewer = world.account(), world.signed_in("viewer")
    anywhere, named = (
        world.form(account),
        world.form(account, sites=["https://a.example", "https://b.example"]),
    )

    pages = [
        text_of(viewer.get(f"/forms/{form.id}/share").text)
        for form in (anywhere, named)
    ]

    assert "Any site can embed the form." in pages[0]
    assert "No allowed sites are set" in pages[0]
    assert (
        "Sign-ups from https://a.example, https://b.example are accepted at once."
        in pages[1]
    )
    assert (
        "Only these sites can embed the form: https://a.example https://b.example"
        in pages[1]
    )


@ONE_DATABASE
def test_the_policy_for_plain_html_needs_no_other_site_than_ours(
    world: World,
) -> None:
    form = world.form(
        world.account(),
        sites=["https://a.example"],
        redirect_url="https://a.example/thanks?x=1",
    )

    page = world.signed_in().get(f"/forms/{form.id}/share").text

    assert (
        'value="script-src http://127.0.0.1:8111; frame-src http://127.0.0.1:8111"'
        in page
    )
    assert 'value="frame-src http://127.0.0.1:8111"' in page
    assert 'value="form-action http://127.0.0.1:8111"' in page


@ONE_DATABASE
def test_what_keeps_visitors_out_is_said(world: World) -> None:
    account, admin = world.account(), world.signed_in()
    draft, paused = (
        world.form(account, draft=True, open=False),
        world.form(account, open=False),
    )
    over = world.form(account, closes_at=world.clock.now() + timedelta(minutes=1))
    world.clock.advance(minutes=1)

    said = [
        text_of(admin.get(f"/forms/{form.id}/share").text)
        for form in (draft, paused, over)
    ]

    assert ["This form is a draft" in one for one in said] == [True, False, False]
    assert ["This form is closed" in one for one in said] == [False, True, True]


@ONE_DATABASE
def test_a_deleted_form_cannot_be_shared_and_is_closed(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    with write_transaction() as session:
        session.execute(update(Form).values(deleted_at=world.clock.now()))

    share = world.signed_in().get(f"/forms/{form.id}/share")

    assert share.status_code == 404
    assert [
        visitor.get(f"/f/{form.id}{end}").status_code
        for end in ("", "/embed", "/thanks", "/qr.svg")
    ] == [410, 410, 200, 404]  # thanks for a press just before
