"""Show whoever is signed in their page, and let admins choose their email alerts."""

from flask import flash, redirect, render_template, url_for
from flask_babel import lazy_gettext as _
from flask_security import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectChoice, SelectMultipleField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from app import messages
from app.auth import alert_choices
from app.dashboard import blueprint
from app.services import services
from app.web import access


class AlertsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    alerts = SelectMultipleField(
        _("Email me when"),
        choices=[SelectChoice(*alert) for alert in messages.ALERTS.items()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=_(
            "The first three are sent as soon as they happen. Each of the others is"
            " sent at most once a day, with everything new in one email."
        ),
    )
    summary = RadioField(
        _("Summary"),
        choices=[SelectChoice(*often) for often in messages.SUMMARIES.items()],
        validators=[InputRequired(_("Choose how often you want a summary."))],
    )


@blueprint.get("/me")
@access.viewer
def me() -> str:
    """Show the person's page."""
    return _page(AlertsForm(formdata=None, data=_chosen()))


@blueprint.post("/me")
@access.admin
def choose_alerts() -> Response | tuple[str, int]:
    """Store which email alerts the person wants."""
    form = AlertsForm()
    if not form.validate():
        return _page(form), 422
    alert_choices.choose(current_user.id, form.alerts.data or [], form.summary.data)
    flash(_("Your email alerts are saved."), "success")
    return redirect(url_for("dashboard.me"), 303)


def _chosen() -> dict[str, object]:
    off = current_user.alerts_off
    return {
        "alerts": [alert for alert in messages.ALERTS if alert not in off],
        "summary": current_user.summary,
    }


def _page(form: AlertsForm) -> str:
    return render_template(
        "dashboard/me/me.html",
        section="me",
        form=form,
        is_admin=access.is_admin(),
        mails=services().settings.mails,
        hour=alert_choices.next_due("daily", services().clock.now()),
        next_summary=current_user.summary_due_at,
    )
