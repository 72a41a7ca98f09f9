"""Declare the inputs with which an admin makes a form."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import (
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.validators import DataRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.dashboard.forms.protection import ProtectionInputs
from app.forms import sites, theme
from app.web.max_length import TOO_LONG

MAX_TEXT = Length(max=1000, message=TOO_LONG)
MAX_ADDRESS = Length(max=sites.MAX_ADDRESS, message=TOO_LONG)


class FormForm(ProtectionInputs):
    """All but the fields to ask: their number varies, so `form_fields` reads those."""

    seen = HiddenField()
    name = StringField(
        _("Name, for you only"),
        validators=[DataRequired(_("Please give it a name.")), Length(max=120)],
    )
    heading = StringField(
        _("Heading"),
        validators=[DataRequired(_("Please give it a heading.")), Length(max=120)],
    )
    intro = TextAreaField(_("A line below the heading"), validators=[MAX_TEXT])
    consent = TextAreaField(
        _("Consent sentence"),
        validators=[
            DataRequired(_("Please write the sentence that visitors agree to.")),
            MAX_TEXT,
        ],
        description=_(
            "Stands beside a box that nobody ticks but the visitor. Every wording is"
            " kept."
        ),
    )
    privacy_url = URLField(_("Link to your privacy policy"), validators=[MAX_ADDRESS])
    button = StringField(
        _("Button"),
        validators=[
            DataRequired(_("Please say what the button does.")),
            Length(max=60),
        ],
    )
    success = TextAreaField(_("Message afterwards"), validators=[MAX_TEXT])
    redirect_url = URLField(
        _("Or send them to a page of yours"),
        validators=[MAX_ADDRESS],
        description=_("Instead of the message. It must be on one of the form’s sites."),
    )
    lists = SelectMultipleField(
        _("Lists"),
        validators=[DataRequired(_("Choose at least one list."))],
        # `forms/checks` does, and its sentence names what is gone
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=_(
            "Visitors join every list ticked here, or choose among those that you "
            "let them choose."
        ),
    )
    way = RadioField(
        _("How a sign-up is written"),
        default="add",
        choices=[
            SelectChoice(
                "add",
                _("Add or update: one call, and an empty answer leaves what is there"),
            ),
            SelectChoice(
                "exactly",
                _(
                    "Update exactly: two calls. An answer replaces what is there, and"
                    " an empty one can clear it"
                ),
            ),
        ],
        description=_(
            "Either way the person gets explicit permission, and whatever the form does"
            " not ask for stays as it is."
        ),
    )
    sites = TextAreaField(
        _("Sites that may show it"),
        description=_(
            "One on each line, such as https://example.com. Empty: any site may."
        ),
    )
    state = RadioField(
        _("State"),
        default="open",
        choices=[
            SelectChoice("draft", _("Draft: nobody can see it yet")),
            SelectChoice("open", _("Open for sign-ups")),
            SelectChoice(
                "paused", _("Paused: visitors read that it takes no sign-ups")
            ),
        ],
    )
    closes_at = DateTimeLocalField(
        _("Closes by itself on"),
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        validators=[Optional()],
    )
    closed_words = TextAreaField(
        _("What visitors read while it takes no sign-ups"), validators=[MAX_TEXT]
    )
    accent = StringField(
        _("Colour"), description=_("Of the button and links. Empty: ours.")
    )
    radius = IntegerField(_("Roundness of corners, in pixels"), validators=[Optional()])
    width = IntegerField(_("Width at most, in pixels"), validators=[Optional()])
    font = SelectField(
        _("Letters"),
        default="system",
        choices=[
            SelectChoice("system", _("Plain")),
            SelectChoice("serif", _("With serifs")),
            SelectChoice("rounded", _("Round")),
            SelectChoice("mono", _("Typewriter")),
        ],
    )
    scheme = SelectField(
        _("Light or dark"),
        default="",
        choices=[
            SelectChoice("", _("Automatic, light in other sites")),
            SelectChoice("auto", _("Automatic everywhere")),
            SelectChoice("light", _("Always light")),
            SelectChoice("dark", _("Always dark")),
        ],
    )

    def validate_accent(self, field: StringField) -> None:
        if (field.data or "").strip() and not theme.colour(field.data):
            raise ValidationError(
                gettext("Please write a colour as #rrggbb, such as #0d5a61.")
            )

    def validate_sites(self, field: TextAreaField) -> None:
        origins, wrong_lines = sites.origins(field.data or "")
        if wrong_lines:
            raise ValidationError(
                gettext(
                    "This is no site: %(line)s. Write it like https://example.com.",
                    line=wrong_lines[0],
                )
            )
        field.data = "\n".join(origins)
