"""Mail the admins when a form comes under attack: once, and nothing when it ends."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app import messages
from app.accounts import alerts
from app.database.session import db, write_transaction
from app.forms.models import Form
from app.mail import outbox
from app.mail.models import Told
from app.services import services
from app.stats import attacks

WHAT = "attack"
# an attack that comes and goes within it is the same
ONE_ATTACK = timedelta(hours=6)


def tell(now: datetime) -> None:
    """Put a mail for each attack that has begun. Called every few seconds."""
    attacked = {_about(form): form for form in attacks.under_attack(now)}
    query = select(Told.about).where(Told.about.startswith(alerts.OF_A_FORM))
    reported = set(db.session.scalars(query))
    for about, form in attacked.items():
        if about not in reported:
            _has_begun(form, now)
    for about in reported - set(attacked):
        with write_transaction() as session:
            alerts.end(session, about)


def _has_begun(form: Form, now: datetime) -> None:
    about, page = _about(form), _page(form)
    seen = attacks.activity(form, now)
    sentence = messages.attack(
        form.name, seen.number, seen.minutes, seen.usual, asks=seen.asks
    )
    mail = messages.letter(WHAT, form=form.name, sentence=sentence, page=page)
    with write_transaction() as session:
        is_first = alerts.begin(session, about, WHAT, now)
        if is_first and not outbox.events(session, about, WHAT, now - ONE_ATTACK):
            alerts.put_to_admins(session, about, WHAT, "attack", mail)


def _about(form: Form) -> str:
    return f"{alerts.OF_A_FORM}{form.id}"


def _page(form: Form) -> str:
    return f"{services().settings.public_url}/forms/{form.id}/share"
