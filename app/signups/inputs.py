"""From a question to its inputs, and from what was typed there to its part of the
sign-up's body (contract 4.1).
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from babel.dates import get_month_names
from flask_babel import LazyString, get_locale, gettext
from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, DateInput, DateTimeLocalInput, ListWidget

from app.core.contact_rules import join_choices, split_choices
from app.forms.fields import ADDRESS, Question, Standard
from app.signups import validators

Inputs = dict[str, Any]
Check = Callable[[Any, Any], None]
PICKERS = {"date": DateInput, "datetime": DateTimeLocalInput}
YES_NO = [SelectChoice("true", _("Yes")), SelectChoice("false", _("No"))]
NONE_YET = SelectChoice("", _("Choose one"))


def inputs(question: Question) -> Inputs:
    """Make the WTForms fields of a question, by name: none, one, or those of a group."""
    if question.hidden and not asks_in_the_page(question):
        return {}
    if question.hidden:
        return {question.name: HiddenField(default=question.default)}
    if question.type == "birthday":
        return _birthday(question)
    if question.type == "address":
        return {
            f"{question.name}_{name}": _address_part(question, name, part)
            for name, part in ADDRESS.items()
        }
    return {question.name: _input(question)}


def asks_in_the_page(question: Question) -> bool:
    """Tell whether there is anything of it in the page: a source is read from the
    address, a group is never hidden.
    """
    is_group = question.type in ("birthday", "address")
    return not (question.hidden and (question.source or is_group))


def properties(
    question: Question, form: Any, sources: Mapping[str, str]
) -> dict[str, Any]:
    """Return what of sign_up_form a question fills, `custom_fields` with one entry for a
    custom field; {} when unanswered.
    """
    if question.type == "birthday" and not question.hidden:
        typed_in = {name: form[name].data for name in _names(question, "month", "day")}
        return {name: int(value) for name, value in typed_in.items() if value}
    if question.type == "address" and not question.hidden:
        return _address(question, form)
    if question.hidden:
        value = validators.fitting(question, _unseen(question, form, sources))
    else:
        value = _text(form[question.name].data)
    if not value:
        return {}
    if question.custom_field_id:
        entry = {"custom_field_id": question.custom_field_id, "value": value}
        return {"custom_fields": [entry]}
    return {question.name: value}


def _address(question: Question, form: Any) -> dict[str, Any]:
    typed_in = {name: form[f"{question.name}_{name}"].data for name in ADDRESS}
    parts = {name: value for name, value in typed_in.items() if value}
    return {"street_address": {"kind": question.kind, **parts}} if parts else {}


def _unseen(question: Question, form: Any, sources: Mapping[str, str]) -> str:
    if not asks_in_the_page(question):
        return sources.get(question.source) or question.default
    return form[question.name].data or ""


def _text(data: Any) -> str:
    """Make a text of what a field holds; an unticked box is no answer."""
    if isinstance(data, list):
        return join_choices(data)
    if data is True:
        return "true"
    return data or ""


def _names(question: Question, *parts: str) -> list[str]:
    return [f"{question.name}_{part}" for part in parts]


# -- one input


def _input(question: Question) -> Any:
    match question.type, question.display:
        case "boolean", "checkbox":
            return BooleanField(
                question.label, description=question.help, validators=_needed(question)
            )
        case "multi_select", _any:
            return _boxes(question)
        case (("single_select" | "boolean"), display):
            return _one_of(question, display)
        case "text_area", _any:
            return TextAreaField(
                filters=[validators.clean_lines],
                render_kw=_attributes(question, rows=4),
                **_common(question),
            )
        case ("date" | "datetime") as type, _any:
            return StringField(
                filters=[validators.clean],
                widget=PICKERS[type](),
                render_kw={"autocomplete": question.autocomplete},
                **_common(question),
            )
    kind = TelField if question.type == "tel" else StringField
    return kind(
        filters=[validators.clean], render_kw=_attributes(question), **_common(question)
    )


def _common(question: Question) -> dict[str, Any]:
    return {
        "label": question.label,
        "description": question.help,
        "default": question.default,
        "validators": [
            _as_sent,
            *_needed(question),
            _length(question.label, question.most),
            _of_type(question),
        ],
    }


def _attributes(question: Question, **more: Any) -> dict[str, Any]:
    attributes = {"autocomplete": question.autocomplete, "maxlength": question.most}
    if question.placeholder:
        attributes["placeholder"] = question.placeholder
    if question.type in ("number", "currency"):
        digits_alone = question.integer and not question.allow_negative
        attributes["inputmode"] = "numeric" if digits_alone else "decimal"
    return attributes | more


def _needed(question: Question) -> list[Any]:
    if not question.required:
        return []
    return [DataRequired(_("%(label)s is required.", label=question.label))]


def _as_sent(_form: Any, field: Any) -> None:
    """Take a default for an answer only when it was sent: a page pasted before there
    was this question never showed it.
    """
    if not field.raw_data:
        field.data = ""


def _length(label: Any, most: int) -> Length:
    # Length formats its message once more
    label = label.replace("%", "%%") if isinstance(label, str) else label
    return Length(
        max=most,
        message=_(
            "%(label)s can be at most %(most)s characters long.", label=label, most=most
        ),
    )


def _of_type(question: Question) -> Check:
    def check(_form: Any, field: Any) -> None:
        if field.data and len(field.data) <= question.most:
            field.data = validators.checked(question, field.data)

    return check


# -- choices


def _one_of(question: Question, display: str) -> Any:
    choices = YES_NO
    if question.type != "boolean":
        choices = [SelectChoice(label) for label in question.choices]
    common: dict[str, Any] = {
        "label": question.label,
        "description": question.help,
        "validate_choice": False,
        "default": question.default if question.default in question.choices else None,
        "validators": [_as_sent, *_needed(question), _of_type(question)],
    }
    if display == "radio":
        return RadioField(choices=choices, **common)
    return SelectField(choices=[NONE_YET, *choices], **common)


def _boxes(question: Question) -> Any:
    def check(_form: Any, field: Any) -> None:
        if not set(field.data) <= set(question.choices):
            raise ValidationError(
                gettext(
                    "%(label)s: choose from the listed answers.",
                    label=question.label,
                )
            )
        field.data = [choice for choice in question.choices if choice in field.data]
        if len(join_choices(field.data)) > question.most:
            raise ValidationError(
                gettext(
                    "%(label)s: choose fewer answers.",
                    label=question.label,
                )
            )

    return SelectMultipleField(
        question.label,
        description=question.help,
        choices=[SelectChoice(label) for label in question.choices],
        default=split_choices(question.default, question.choices),
        validators=[*_needed(question), check],
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


# -- groups


def _birthday(question: Question) -> Inputs:
    month, day = _names(question, "month", "day")
    months = [
        SelectChoice("", _("Month")),
        *(SelectChoice(str(at), _month(at)) for at in range(1, 13)),
    ]
    days = [SelectChoice("", _("Day")), *(SelectChoice(str(at)) for at in range(1, 32))]
    return {
        month: SelectField(
            _("Month"),
            choices=months,
            validate_choice=False,
            validators=[_pair(question)],
            render_kw={"autocomplete": "bday-month"},
        ),
        day: SelectField(
            _("Day"),
            choices=days,
            validate_choice=False,
            render_kw={"autocomplete": "bday-day"},
        ),
    }


def _month(at: int) -> LazyString:
    return LazyString(lambda: get_month_names("wide", "stand-alone", get_locale())[at])


def _pair(question: Question) -> Check:
    """Check for both or neither, and for a day that there is, in a leap year at least."""

    def check(form: Any, field: Any) -> None:
        month, day = field.data, form[f"{question.name}_day"].data
        if not month and not day:
            if question.required:
                raise ValidationError(
                    gettext("%(label)s is required.", label=question.label)
                )
        elif not (month and day):
            raise ValidationError(
                gettext("%(label)s needs a month and a day.", label=question.label)
            )
        elif not _is_day(month, day):
            raise ValidationError(
                gettext("%(label)s: this date doesn’t exist.", label=question.label)
            )

    return check


def _is_day(month: str, day: str) -> bool:
    try:
        return bool(date(2000, int(month), int(day)))
    except (ValueError, OverflowError):
        return False


def _address_part(question: Question, name: str, part: Standard) -> Any:
    checks: list[Any] = [_length(part.label, part.most)]
    if question.required and name in ("street", "city"):
        checks.insert(0, DataRequired(_("%(label)s is required.", label=part.label)))
    return StringField(
        part.label,
        validators=checks,
        filters=[validators.clean],
        render_kw={"autocomplete": part.autocomplete, "maxlength": part.most},
    )
