"""Setting up: the application at Constant Contact, its redirect URI, the API key of
this installation, its mail.
"""

import re
from itertools import groupby
from operator import itemgetter

from flask import flash, redirect, render_template, url_for
from flask_babel import LazyString, ngettext
from flask_babel import lazy_gettext as _
from flask_security import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import DataRequired, Length, Regexp

from app import messages
from app.accounts import api_key, facts
from app.constant_contact.oauth import Credentials
from app.core.crypto import CannotDecrypt
from app.dashboard import blueprint
from app.database.session import new_id
from app.mail import outbox, smtp
from app.mail.message import Message
from app.services import services
from app.web import access

Said = tuple[str, LazyString]  # the tone of a notice, and its sentence
ONE_WORD = re.compile(r"[!-~]*\Z")


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


class ApiKeyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    client_id = StringField(
        _("API key"),
        filters=[_stripped],
        validators=[
            DataRequired(
                _("Copy the API key from the application’s page in the portal.")
            ),
            Length(8, 80, _("An API key has between 8 and 80 characters.")),
            Regexp(
                ONE_WORD,
                message=_(
                    "An API key has no blanks or accents. Is something else in the"
                    " clipboard?"
                ),
            ),
        ],
        description=_(
            "The portal also calls it client id. It looks like 1a2b3c4d-5e6f-…, 36"
            " characters long."
        ),
    )
    client_secret = PasswordField(
        _("Secret"),
        filters=[_stripped],
        validators=[
            DataRequired(
                _(
                    "Copy the secret from the portal. It is shown once; if it is lost,"
                    " generate another."
                )
            ),
            Length(8, 200, _("A secret has between 8 and 200 characters.")),
            Regexp(
                ONE_WORD,
                message=_(
                    "A secret has no blanks or accents. Is something else in the"
                    " clipboard?"
                ),
            ),
        ],
        description=_("Stored sealed, and never shown again."),
    )
    reconnect = BooleanField(_("I know that every account has to be connected again"))


@blueprint.get("/setup")
@access.admin
def setup() -> str:
    return _page(ApiKeyForm(formdata=None))


@blueprint.post("/setup")
@access.admin
def store_api_key() -> Response | tuple[str, int]:
    """Try what was typed, and keep it unless the provider says that it is wrong."""
    form = ApiKeyForm()
    if api_key.came_with_settings():
        return redirect(url_for("dashboard.setup"), 303)
    if not form.validate() or not _means_it(form):
        return _page(form), 422
    given = api_key.with_secret(str(form.client_id.data), str(form.client_secret.data))
    reason, said = api_key.check(given)
    if reason == "client_refused":
        form.client_secret.errors = [messages.API_KEY_CHECKS[reason]]
        return _page(form, said), 422
    api_key.store(given.client_id, given.client_secret, current_user.email)
    _tell(reason, given, ("success", _("The API key is stored, its secret sealed.")))
    return redirect(url_for("dashboard.setup"), 303)


@blueprint.post("/setup/check")
@access.admin
def check_api_key() -> Response:
    """Try the API key in use and the redirect URI once more."""
    try:
        given = api_key.credentials()
    except CannotDecrypt:
        flash(
            _(
                "The stored secret does not open with this LATCHKEY_KEY. Put the old"
                " key back, or enter the secret again."
            ),
            "error",
        )
    else:
        _tell(api_key.check(given)[0], given)
    return redirect(url_for("dashboard.setup"), 303)


@blueprint.post("/setup/mail")
@access.admin
def send_test_mail() -> Response:
    """One mail to whoever asks for it, now; the page says what the mail server said to
    it.
    """
    settings, email = services().settings, str(current_user.email)
    if settings.mails:
        subject, text = messages.letter("test", who=email, page=settings.public_url)
        try:
            said = smtp.send(
                Message(
                    new_id(),
                    settings.mail_sender,
                    email,
                    subject,
                    text,
                    services().clock.now(),
                )
            )
        except smtp.SmtpFailure as failure:
            flash(
                " ".join(
                    map(
                        str,
                        (
                            messages.NOTICE_REASONS[failure.reason],
                            _("Its words:"),
                            failure.detail or "–",
                        ),
                    )
                ),
                "error",
            )
        else:
            flash(
                _(
                    "The mail server took a mail for %(email)s. Its words: %(said)s",
                    email=email,
                    said=said,
                ),
                "success",
            )
    return redirect(url_for("dashboard.setup"), 303)


def _means_it(form: ApiKeyForm) -> bool:
    """Another API key makes every token set useless; another secret of the same one
    does not.
    """
    there, connected = api_key.current(), api_key.connected_with_it()
    if (
        form.reconnect.data
        or not connected
        or there is None
        or there.client_id == form.client_id.data
    ):
        return True
    form.reconnect.errors = [
        ngettext(
            "%(num)s account is connected with the API key in use. With another one its"
            " owner has to connect it again.",
            "%(num)s accounts are connected with the API key in use. With another one"
            " each owner has to connect again.",
            connected,
        )
    ]
    return False


def _tell(reason: str, given: Credentials, *before: Said) -> None:
    """What was found out, one notice for each tone; without a good key the redirect URI
    says nothing.
    """
    said = [*before, _in_words(messages.API_KEY_CHECKS, reason, bad="client_refused")]
    if reason != "client_refused":
        said.append(
            _in_words(
                messages.REDIRECT_CHECKS,
                api_key.check_redirect(given)[0],
                bad="invalid",
            )
        )
    for tone, sentences in groupby(said, key=itemgetter(0)):
        flash(" ".join(str(sentence) for _tone, sentence in sentences), tone)


def _in_words(sentences: dict[str, LazyString], reason: str, bad: str) -> Said:
    tone = (
        "success" if reason == "accepted" else "error" if reason == bad else "warning"
    )
    return tone, sentences.get(reason, sentences["unclear"])


def _page(form: ApiKeyForm, said: str = "") -> str:
    settings = services().settings
    return render_template(
        "dashboard/setup/setup.html",
        section="setup",
        form=form,
        said=said,
        key=api_key.current(),
        redirect_uri=settings.redirect_uri,
        https=settings.https,
        scopes=settings.scopes.split(),
        connected=len(facts.connected_accounts()),
        mails=outbox.newest(),
        mail_server=smtp.configured_mailbox() if settings.mails else None,
        mail_sender=settings.mail_sender,
    )
