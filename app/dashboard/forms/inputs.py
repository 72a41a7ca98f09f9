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
    zone = HiddenField()  # of the closing time; "" is the operator's
    name = StringField(
        _("Name"),
        validators=[DataRequired(_("Enter a name.")), Length(max=120)],
        description=_("Only you and other admins see it."),
    )
    heading = StringField(
        _("Heading"),
        validators=[DataRequired(_("Enter a heading.")), Length(max=120)],
    )
    intro = TextAreaField(_("Introduction"), validators=[MAX_TEXT])
    consent = TextAreaField(
        _("Consent sentence"),
        validators=[
            DataRequired(_("Enter the sentence that visitors agree to.")),
            MAX_TEXT,
        ],
        description=_(
            "Shown beside a checkbox that visitors tick themselves. Every version is"
            " kept as evidence."
        ),
    )
    privacy_url = URLField(_("Link to your privacy policy"), validators=[MAX_ADDRESS])
    button = StringField(
        _("Button"),
        validators=[
            DataRequired(_("Enter the words on the button.")),
            Length(max=60),
        ],
    )
    success = TextAreaField(_("Thank-you message"), validators=[MAX_TEXT])
    redirect_url = URLField(
        _("Thank-you page"),
        validators=[MAX_ADDRESS],
        description=_(
            "Shown instead of the message. It must be on one of the allowed sites."
        ),
    )
    lists = SelectMultipleField(
        _("Lists"),
        validators=[DataRequired(_("Choose at least one list."))],
        # `forms/checks` does, and its sentence names what is gone
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=_(
            "Visitors join every list that you select, or choose for themselves where"
            " you let them."
        ),
    )
    way = RadioField(
        _("Existing contacts"),
        default="add",
        choices=[
            SelectChoice(
                "add",
                _("Add or update: uses one API call, and empty answers change nothing"),
            ),
            SelectChoice(
                "exactly",
                _(
                    "Update exactly: uses two API calls. Answers replace what is there,"
                    " and empty answers can clear it"
                ),
            ),
        ],
        description=_(
            "Either way, the contact gets explicit permission, and anything the form"
            " doesn’t ask for stays as it is."
        ),
    )
    sites = TextAreaField(
        _("Allowed sites"),
        description=_(
            "One per line, such as https://example.com. Leave empty to allow any site."
        ),
    )
    state = RadioField(
        _("State"),
        default="open",
        choices=[
            SelectChoice("draft", _("Draft: nobody can see it yet")),
            SelectChoice("open", _("Open for sign-ups")),
            SelectChoice("paused", _("Paused: visitors see that sign-ups are closed")),
        ],
    )
    closes_at = DateTimeLocalField(
        _("Closing time"),
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        validators=[Optional()],
    )
    closed_words = TextAreaField(
        _("Message while the form is closed"), validators=[MAX_TEXT]
    )
    accent = StringField(
        _("Color"),
        description=_("Used for the button and links. Leave empty for the default."),
    )
    radius = IntegerField(_("Corner radius (px)"), validators=[Optional()])
    width = IntegerField(_("Maximum width (px)"), validators=[Optional()])
    font = SelectField(
        _("Font"),
        default="system",
        choices=[
            SelectChoice("system", _("Sans serif")),
            SelectChoice("serif", _("Serif")),
            SelectChoice("rounded", _("Rounded")),
            SelectChoice("mono", _("Monospace")),
        ],
    )
    scheme = SelectField(
        _("Light or dark"),
        default="",
        choices=[
            SelectChoice("", _("Automatic, light on other sites")),
            SelectChoice("auto", _("Automatic everywhere")),
            SelectChoice("light", _("Always light")),
            SelectChoice("dark", _("Always dark")),
        ],
    )

    def validate_accent(self, field: StringField) -> None:
        if (field.data or "").strip() and not theme.colour(field.data):
            raise ValidationError(gettext("Enter a color as #rrggbb, such as #0d5a61."))

    def validate_sites(self, field: TextAreaField) -> None:
        origins, wrong_lines = sites.origins(field.data or "")
        if wrong_lines:
            raise ValidationError(
                gettext(
                    "%(line)s is not a site. Write it like https://example.com.",
                    line=wrong_lines[0],
                )
            )
        field.data = "\n".join(origins)
