"""The preview is the visitor's page of what is typed; a try shows what would be sent, and
nothing counts.
"""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import unescape

from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts import facts
from app.database.session import db
from app.signups.models import Signup
from tests.dashboard.form_pages import carried_by, filled, style_of, visible
from tests.dashboard.reading import text_of
from tests.world import ONE_DATABASE, World, all_forms, csrf_of


@ONE_DATABASE
def test_the_preview_is_the_visitors_page_of_what_is_typed_and_stores_nothing(
    world: World, admin: FlaskClient, visitor: FlaskClient
) -> None:
    account = world.account()
    typed = filled(
        admin,
        account,
        "/forms/new",
        may_choose=[],
        accent="#e4572e",
        label_first_name="",
    )
    preview = admin.post(
        "/forms/preview", data={**typed, "name": "", "label_first_name": "Your name"}
    )
    admin.post("/forms/new", data=typed | {"label_first_name": "Your name"})
    (form,) = all_forms()
    real = visitor.get(f"/f/{form.id}")

    assert preview.status_code == 200
    assert visible(preview.text) == visible(real.text)
    assert style_of(preview.text) == style_of(real.text) != ""
    for answer in (preview, real):
        digest = b64encode(sha256(style_of(answer.text).encode()).digest()).decode()
        assert (
            f"style-src 'self' 'sha256-{digest}'"
            in answer.headers["Content-Security-Policy"]
        )
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in preview.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in preview.headers
    assert (
        "frame-src 'self'" in admin.get("/forms/new").headers["Content-Security-Policy"]
    )


@ONE_DATABASE
def test_a_try_is_judged_as_a_visitors_press_shows_what_would_be_sent_and_never_counts(
    world: World, admin: FlaskClient, visitor: FlaskClient
) -> None:
    account = world.account()
    preview = admin.post(
        "/forms/preview", data=filled(admin, account, "/forms/new", may_choose=[])
    )
    carried = carried_by(preview.text)

    empty = admin.post("/forms/preview/try", data=carried)
    tried = admin.post(
        "/forms/preview/try",
        data=carried
        | {
            "email_address": "Zoe@Example.com",
            "first_name": "Zoë",
            "consent": "y",
        },
    )
    back = admin.post("/forms/preview", data=carried)
    sent = json.loads(
        unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", tried.text, re.S)[1])
    )  # type: ignore[index]

    assert empty.status_code == 422
    assert "Enter your email address." in text_of(empty.text)
    assert "Your name is required." in text_of(empty.text)
    assert "This was a test Nothing was stored." in text_of(tried.text)
    assert sent == {
        "email_address": "Zoe@example.com",
        "first_name": "Zoë",
        "list_memberships": [item.list_id for item in facts.lists_of(account.id)[:2]],
    }
    assert visible(back.text) == visible(preview.text)
    assert db.session.scalar(select(func.count()).select_from(Signup)) == 0
    assert all_forms() == []


@ONE_DATABASE
def test_a_try_of_a_form_that_updates_exactly_shows_both_calls_and_what_is_cleared(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    boxes = next(
        one for one in account.fields if one.type == "multi_select"
    ).custom_field_id
    typed = filled(
        admin,
        account,
        "/forms/new",
        may_choose=[],
        way="exactly",
        **{
            "field": ["first_name", f"cf_{boxes}", "job_title"],
            f"label_cf_{boxes}": "Interests",
            "label_job_title": "Your job",
            "clears_job_title": "y",
        },
    )
    carried = carried_by(admin.post("/forms/preview", data=typed).text)

    tried = admin.post(
        "/forms/preview/try",
        data=carried
        | {
            "email_address": "zoe@example.com",
            "first_name": "Zoë",
            "job_title": "",
            "consent": "y",
            "clears": "job_title",
            f"cf_{boxes}": "Events",
        },
    ).text
    new, known = (
        json.loads(unescape(one))
        for one in re.findall(r"<textarea[^>]*>(.*?)</textarea>", tried, re.S)
    )

    said = {
        "email_address": {
            "address": "zoe@example.com",
            "permission_to_send": "explicit",
        },
        "first_name": "Zoë",
        "custom_fields": [{"custom_field_id": boxes, "choice_ids": ["1"]}],
        "list_memberships": [item.list_id for item in facts.lists_of(account.id)[:2]],
    }
    assert (new, known) == (
        said | {"create_source": "Contact"},
        said | {"update_source": "Contact"},
    )
    assert "GET /contacts?email=zoe%40example.com&status=all" in unescape(tried)
    assert "cleared in a known contact: Your job." in text_of(tried)


@ONE_DATABASE
def test_what_was_not_drawn_here_is_refused_in_the_preview(
    world: World, admin: FlaskClient
) -> None:
    preview = admin.post(
        "/forms/preview", data=filled(admin, world.account(), "/forms/new")
    )
    token, drawn = csrf_of(preview.text), carried_by(preview.text)["drawn"]
    bad = [
        "",
        "x",
        "{}",
        "[" * 50_000,
        drawn.rpartition(".")[0],
        drawn.replace("Join us", "Join them", 1),
        drawn.replace('"theme": {}', '"theme": {"radius": [1]}'),
    ]

    answers = [
        admin.post(
            "/forms/preview/try", data={"csrf_token": token, "drawn": one}
        ).status_code
        for one in bad
    ]

    assert answers == [400] * len(bad)
    assert (
        admin.post(
            "/forms/preview", data={"csrf_token": token, "account": "nobody"}
        ).status_code
        == 404
    )


@ONE_DATABASE
def test_a_colour_is_judged_while_it_is_chosen(
    world: World, admin: FlaskClient
) -> None:
    said = {
        accent: text_of(
            admin.get("/forms/contrast", query_string={"accent": accent}).text
        )
        for accent in ("#0d5a61", "#e4572e", "#ffd54a", "red")
    }

    assert said["#0d5a61"].startswith("Reads well on white: 7.9 to 1")
    assert said["#e4572e"].startswith(
        "Enough for the button, not for words: 3.6 to 1 on white"
    )
    assert said["#ffd54a"].startswith("Too pale for white: 1.4 to 1")
    assert said["#ffd54a"].endswith("The button’s words are black on it (14.8 to 1).")
    assert said["red"] == ""
