"""Addresses that look mistyped are asked about once, and never refused."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.accounts.models import Account
from app.database.session import db
from app.signups import email_check
from app.signups.models import Signup
from app.signups.visitor_form import form_for
from tests.signups.answering import shown
from tests.signups.reading import error_of, value_of
from tests.world import ONE_DATABASE, World


@ONE_DATABASE
def test_a_mistyped_address_is_asked_about_once_and_never_refused(
    world: World, visitor: FlaskClient, account: Account
) -> None:
    form = world.form(account)
    asked = world.press(visitor, form, email_address="Zoe@gmial.com", first_name="Zoë")
    sure = value_of(asked.text, "sure")
    again = world.press(visitor, form, email_address="Zoe@gmial.com", sure=sure)
    taken = world.press(
        visitor, form, email_address="Zoe@gmial.com", sure=sure, use="Zoe@gmail.com"
    )
    forged = world.press(
        visitor, form, email_address="Zoe@gmial.com", sure=sure, use="max@example.com"
    )

    assert asked.status_code == 422
    assert "Did you mean Zoe@gmail.com?" in asked.text
    # advice is no error
    assert error_of(asked.text, "email_address") is None
    assert "error-summary" not in asked.text
    assert "<title>Error" not in asked.text
    assert (
        '<button class="btn btn-plain" name="use" value="Zoe@gmail.com">' in asked.text
    )
    assert (value_of(asked.text, "first_name"), sure) == ("Zoë", "Zoe@gmial.com")
    assert [one.status_code for one in (again, taken, forged)] == [303, 303, 303]
    assert db.session.scalars(
        select(Signup.email).order_by(Signup.created_at)
    ).all() == ["Zoe@gmial.com", "Zoe@gmail.com", "Zoe@gmial.com"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("yahoo.co", "yahoo.com"),
        ("gmail.con", "gmail.com"),
        ("maple.con", "maple.com"),
        ("gmial.con", "gmail.com"),
        ("outlok.com", "outlook.com"),
        ("yahoo.co.ku", "yahoo.co.uk"),
        ("gmail.com", ""),
        ("ymail.com", ""),
        ("mail.com", ""),
        ("email.com", ""),
        ("yahoo.de", ""),
        ("hotmail.es", ""),
        ("gmx.de", ""),
        ("aol.com", ""),
        ("maple.co", ""),
        ("gmailxx.com", ""),
    ],
)
def test_which_slips_are_seen(typed: str, meant: str) -> None:
    assert email_check.meant(f"zoe@{typed}") == (meant and f"zoe@{meant}")


@ONE_DATABASE
def test_advice_for_addresses_that_cannot_be_mailed(app: Flask) -> None:
    advice = {
        "zoë@example.com": "plain letters",
        '"z e"@example.com': "quotation marks",
        "zoe@[192.0.2.1]": "in brackets",
        "zoe.example.com": "like name@example.com",
        "z" * 39 + "@example.com": "at most 50",
        "": "Enter your email address",
    }
    forms = {
        typed: form_for(shown([]), formdata=MultiDict({"email_address": typed}))
        for typed in advice
    }

    assert not any(form.validate() for form in forms.values())
    assert [
        typed
        for typed, form in forms.items()
        if advice[typed] not in form.errors["email_address"][0]
    ] == []
