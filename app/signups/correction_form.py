"""The visitor's form once more, filled with a sign-up, for an admin who corrects it.

It has the same inputs and the same checks. What it does not ask (hidden fields, answers
that the form has stopped asking for) stays in the sign-up as it is.
"""

import json
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext

from app.core.contact_rules import split_choices
from app.forms.fields import ADDRESS, Question, questions
from app.forms.models import Form
from app.signups.clearing import cleared
from app.signups.models import Signup
from app.signups.visitor_form import VisitorForm, class_of

Body = dict[str, Any]
BIRTHDAY = ("birthday_month", "birthday_day")
# what a correction has no part in: an admin neither consents nor is screened
NOT_ASKED = ("consent", "form_token", "website")


def form_of(signup: Signup, lists: list[dict[str, Any]]) -> VisitorForm:
    """Make the form, filled with what was posted, or else with the sign-up.

    `lists` are those of the form that can still be joined.
    """
    form, body = signup.form, signup.body
    fields = _asked(form, body)
    made_of = json.dumps(fields), json.dumps(lists), form.visitor_chooses, True
    visible = [each for each in questions(fields) if not each.hidden]
    visitor = class_of(*made_of)(data=_typed(visible, signup))
    for name in NOT_ASKED:
        del visitor[name]
    if "lists" in visitor:
        visitor["lists"].label.text = gettext("Lists")
    visitor.questions = visible
    visitor.exactly = "exactly" in body
    return visitor


def body_of(visitor: VisitorForm, body: Body) -> Body:
    """Return the sign-up's body as corrected: what the form does not ask stays."""
    new, asked = visitor.body(), visitor.questions
    corrected = {name: body[name] for name in body if name not in _properties(asked)}
    corrected |= {name: new[name] for name in new if name in _properties(asked)}
    custom = _custom_fields(body, new, asked)
    corrected.pop("custom_fields", None)
    if custom:
        corrected["custom_fields"] = custom
    corrected["list_memberships"] = _lists(visitor, body)
    if "exactly" in body:
        corrected["exactly"] = _exactly(body, new, asked)
    return corrected


def clears(visitor: VisitorForm, body: Body) -> list[Question]:
    """Return the questions whose empty answer clears the contact's: those that were
    answered, or left empty on purpose. Others may not have been in the person's page.
    """
    return [
        question
        for question in visitor.clearing
        if question.place in cleared(body) or _is_answered(question, body)
    ]


def _asked(form: Form, body: Body) -> list[dict[str, Any]]:
    """Return the form's fields; what the person did not answer is not required: an
    admin cannot know it.
    """
    return [
        {**saved, "required": bool(saved.get("required")) and _is_answered(asked, body)}
        for saved, asked in zip(form.fields, questions(form.fields), strict=True)
    ]


def _is_answered(question: Question, body: Body) -> bool:
    if question.custom_field_id:
        return question.custom_field_id in _custom_values(body)
    return any(name in body for name in _properties([question]))


def _properties(asked: Iterable[Question]) -> set[str]:
    """Name the properties of a body that these standard questions fill."""
    names: set[str] = set()
    for question in asked:
        if question.type == "birthday":
            names |= set(BIRTHDAY)
        elif question.type == "address":
            names.add("street_address")
        elif not question.custom_field_id:
            names.add(question.name)
    return names


def _custom_values(body: Body) -> dict[str, str]:
    entries = body.get("custom_fields", ())
    return {entry["custom_field_id"]: entry["value"] for entry in entries}


def _custom_fields(
    body: Body, new: Body, asked: Iterable[Question]
) -> list[dict[str, str]]:
    ids = {question.custom_field_id for question in asked}
    kept = [
        entry
        for entry in body.get("custom_fields", ())
        if entry["custom_field_id"] not in ids
    ]
    return [*kept, *new.get("custom_fields", ())]


def _lists(visitor: VisitorForm, body: Body) -> list[str]:
    """Return the lists that are joined: chosen ones as they are ticked now."""
    memberships: list[str] = body["list_memberships"]
    if "lists" not in visitor:
        return memberships
    offered = {value for value, *_label in visitor["lists"].iter_choices()}
    kept = [id for id in memberships if id not in offered]
    return [*kept, *dict.fromkeys(visitor["lists"].data)]


def _exactly(body: Body, new: Body, asked: Iterable[Question]) -> dict[str, Any]:
    places = {question.place for question in asked}
    exactly = {**body["exactly"], **new["exactly"]}
    kept = [place for place in cleared(body) if place not in places]
    exactly["clear"] = [*kept, *cleared(new)]
    if not exactly["clear"]:
        del exactly["clear"]
    if "phone_number" not in new:
        exactly.pop("phone", None)
    return exactly


# -- from the body back to what was typed


def _typed(asked: Iterable[Question], signup: Signup) -> dict[str, Any]:
    """Return the data of every input, also of those that were left empty: a default of
    the form must not take their place.
    """
    body = signup.body
    typed: dict[str, Any] = {
        "email_address": signup.email,
        "lists": body["list_memberships"],
    }
    for question in asked:
        if question.type == "birthday":
            typed |= {name: str(body.get(name, "")) for name in BIRTHDAY}
        elif question.type == "address":
            street_address = body.get("street_address", {})
            for part in ADDRESS:
                typed[f"{question.name}_{part}"] = street_address.get(part, "")
        else:
            typed[question.name] = _data(question, body)
    return typed


def _data(question: Question, body: Body) -> Any:
    text = body.get(question.name, "")
    if question.custom_field_id:
        text = _custom_values(body).get(question.custom_field_id, "")
    if question.type == "multi_select":
        return split_choices(text, question.choices)
    if question.type == "boolean" and question.display == "checkbox":
        return text == "true"
    return text
