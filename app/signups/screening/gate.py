"""The gate that every press comes to: gather what is known of it, and decide."""

from dataclasses import dataclass

from app.core.clock import lasts
from app.database.session import UNUSABLE
from app.services import services
from app.signups.form_cache import ShownForm
from app.signups.screening import attack, disposable, presses
from app.signups.screening.press import Door, Press, Proof, Usual
from app.signups.screening.verdict import Verdict, confirmation_of, decide


@dataclass(frozen=True)
class Arrival:
    """What the press itself brings along."""

    email: str
    token: str  # the id of its form token, or what stands for it
    network: str  # the visitor's (`web.limits.network_of`)
    door: Door
    proof: Proof
    trap_filled: bool
    too_fast: bool


def screen(form: ShownForm, arrival: Arrival) -> Verdict:
    """Decide on a press; begins the form's attack mode when it is one too many.

    Raises what the database raises when it cannot be used.
    """
    now, settings = services().clock.now(), services().settings
    usual = Usual(
        network_people=settings.network_people,
        address_presses=settings.address_presses,
        form_presses=attack.usual(form.id, now),
        unproven_presses=settings.unproven_presses,
    )
    counts = presses.counts(
        form.id,
        arrival.email.lower(),
        arrival.token[:32],
        arrival.network,
        usual,
        now,
    )
    has_token = arrival.door != Door.PASTED
    press = Press(
        door=arrival.door,
        proof=arrival.proof,
        trap_filled=arrival.trap_filled,
        too_fast=arrival.too_fast,
        disposable=disposable.is_disposable(arrival.email),
        blocked=counts.blocked,
        token_people=counts.token_people if has_token else 0,
        token_elsewhere=counts.token_elsewhere and has_token,
        network_people=counts.network_people,
        address_presses=counts.address_presses,
        address_presses_everywhere=counts.address_presses_everywhere,
        form_busy=counts.form_busy,
        form_unproven=counts.form_unproven,
        attack=form.is_attacked(now),
        event=lasts(form.event_until, now),
        usual=usual,
    )
    if counts.form_busy and attack.ends_soon(form.attack_until, now):
        _note_attack(form.id)
    return decide(press, confirmation_of(form), settings.mails)


def _note_attack(form_id: str) -> None:
    """Note it if that is possible: the press is decided by its own look either way."""
    try:
        attack.note(form_id, services().clock.now())
    except UNUSABLE:
        return
