"""Set up the application at Constant Contact, this installation's API key, and mail."""

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
from app.signups import blocked
from app.web import access

Finding = tuple[str, LazyString]  # the tone of a notice, and its sentence
ONE_WORD = re.compile(r"\A[!-~]*\Z")
MAIL_LOOKS = {
    "waiting": ("info", "clock"),
    "sent": ("ok", "mail-check"),
    "given_up": ("danger", "stop"),
}


def _stripped(typed: str | None) -> str | None:
    if typed is None:
        return None
    return typed.strip()


class ApiKeyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    client_id = StringField(
        _("API key"),
        filters=[_stripped],
        validators=[
            DataRequired(
                _(
                    "Copy the API key from your application’s page in the developer"
                    " portal."
                )
            ),
            Length(8, 80, _("An API key is 8 to 80 characters long.")),
            Regexp(
                ONE_WORD,
                message=_(
                    "An API key has no spaces or accented letters. Check what you"
                    " copied."
                ),
            ),
        ],
        description=_(
            "The developer portal also calls it the client ID. It looks like"
            " 1a2b3c4d-5e6f-… and has 36 characters."
        ),
    )
    client_secret = PasswordField(
        _("Secret"),
        filters=[_stripped],
        validators=[
            DataRequired(
                _(
                    "Copy the secret from the developer portal, which shows it only"
                    " once. If you no longer have it, create a new one."
                )
            ),
            Length(8, 200, _("A secret is 8 to 200 characters long.")),
            Regexp(
                ONE_WORD,
                message=_(
                    "A secret has no spaces or accented letters. Check what you copied."
                ),
            ),
        ],
        description=_("Stored encrypted. You won’t see it again."),
    )
    reconnect = BooleanField(_("I understand that every account has to be reconnected"))


@blueprint.get("/setup")
@access.admin
def setup() -> str:
    """Show the steps of the setup."""
    return _page(ApiKeyForm(formdata=None))


@blueprint.post("/setup")
@access.admin
def store_api_key() -> Response | tuple[str, int]:
    """Try the API key that was typed, and store it unless the provider refuses it."""
    form = ApiKeyForm()
    if api_key.came_with_settings():
        return redirect(url_for("dashboard.setup"), 303)
    if not form.validate() or not _means_it(form):
        return _page(form), 422
    credentials = api_key.with_secret(
        str(form.client_id.data), str(form.client_secret.data)
    )
    reason, answer = api_key.check(credentials)
    if reason == "client_refused":
        form.client_secret.errors = [messages.API_KEY_CHECKS[reason]]
        return _page(form, answer), 422
    api_key.store(credentials.client_id, credentials.client_secret, current_user.email)
    stored = (
        "success",
        _("The API key and secret are saved. The secret is encrypted."),
    )
    _flash_findings([stored, *_findings(reason, credentials)])
    return redirect(url_for("dashboard.setup"), 303)


@blueprint.post("/setup/check")
@access.admin
def check_api_key() -> Response:
    """Try the API key in use and the redirect URI once more."""
    try:
        credentials = api_key.credentials()
    except CannotDecrypt:
        flash(
            _(
                "The stored secret can’t be decrypted with this LATCHKEY_KEY. Put the"
                " old key back, or enter the secret again."
            ),
            "error",
        )
    else:
        reason, _answer = api_key.check(credentials)
        _flash_findings(_findings(reason, credentials))
    return redirect(url_for("dashboard.setup"), 303)


@blueprint.post("/setup/mail")
@access.admin
def send_test_mail() -> Response:
    """Send a mail to whoever asks for it, and show what the mail server answered."""
    settings, email = services().settings, str(current_user.email)
    if not settings.mails:
        return redirect(url_for("dashboard.setup"), 303)
    subject, text = messages.letter("test", who=email, page=settings.public_url)
    letter = Message(
        new_id(),
        settings.mail_sender,
        email,
        subject,
        text,
        services().clock.now(),
    )
    try:
        answer = smtp.send(letter)
    except smtp.SmtpFailure as failure:
        reason, detail = messages.NOTICE_REASONS[failure.reason], failure.detail or "–"
        flash(f"{reason} {_('It said:')} {detail}", "error")
    else:
        flash(
            _(
                "The mail server accepted an email to %(email)s. It said: %(said)s",
                email=email,
                said=answer,
            ),
            "success",
        )
    return redirect(url_for("dashboard.setup"), 303)


def _means_it(form: ApiKeyForm) -> bool:
    """Ask once before another API key makes every token set useless."""
    current, connected = api_key.current(), api_key.connected_with_it()
    if form.reconnect.data or not connected or current is None:
        return True
    if current.client_id == form.client_id.data:
        return True  # another secret of the same key ends nothing
    form.reconnect.errors = [
        ngettext(
            "%(num)s account is connected with the current API key. If you change it,"
            " the owner has to reconnect.",
            "%(num)s accounts are connected with the current API key. If you change it,"
            " each owner has to reconnect.",
            connected,
        )
    ]
    return False


def _findings(reason: str, credentials: Credentials) -> list[Finding]:
    """Say what checks found of the API key and, if good, of the redirect URI."""
    findings = [_finding(messages.API_KEY_CHECKS, reason, bad="client_refused")]
    if reason != "client_refused":
        redirect_reason, _answer = api_key.check_redirect(credentials)
        findings.append(
            _finding(messages.REDIRECT_CHECKS, redirect_reason, bad="invalid")
        )
    return findings


def _finding(sentences: dict[str, LazyString], reason: str, bad: str) -> Finding:
    tone = {"accepted": "success", bad: "error"}.get(reason, "warning")
    return tone, sentences.get(reason, sentences["unclear"])


def _flash_findings(findings: list[Finding]) -> None:
    """Show one notice for each tone."""
    for tone, group in groupby(findings, key=itemgetter(0)):
        flash(" ".join(str(sentence) for _tone, sentence in group), tone)


def _page(form: ApiKeyForm, answer: str = "") -> str:
    settings = services().settings
    return render_template(
        "dashboard/setup/setup.html",
        section="setup",
        form=form,
        answer=answer,
        key=api_key.current(),
        redirect_uri=settings.redirect_uri,
        https=settings.https,
        scopes=settings.scopes.split(),
        calls_per_day=settings.calls_per_day,
        connected=len(facts.connected_accounts()),
        mails=outbox.newest(),
        mail_looks=MAIL_LOOKS,
        mail_server=smtp.configured_mailbox() if settings.mails else None,
        mail_sender=settings.mail_sender,
        blocked=blocked.number(),
    )
