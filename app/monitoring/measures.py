"""Measure what /metrics tells: numbers only, nothing of one account or one person."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from flask import current_app
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from app.accounts.api_client import pace
from app.accounts.api_rate import remaining
from app.database.session import db
from app.imports import queries
from app.mail import outbox
from app.mail.models import Notice
from app.monitoring.api_usage import strain_of
from app.services import services
from app.signups.models import Attempt
from app.stats import account_ranking, counts
from app.status import waiting, worker_health


def text() -> bytes:
    """Write all figures, as they are now, as the text that Prometheus reads."""
    registry = CollectorRegistry()
    registry.register(_Figures())
    return generate_latest(registry)


class _Figures(Collector):
    def collect(self) -> Iterator[Metric]:
        return measure(services().clock.now())


def measure(now: datetime) -> Iterator[Metric]:
    """Measure everything, as it is now."""
    yield _by_label(
        "latchkey_build_info",
        "Its version.",
        "version",
        {current_app.config["VERSION"]: 1},
    )
    yield from _signups(now)
    yield from _calls(now)
    yield from _workers(now)
    yield _by_label(
        "latchkey_accounts",
        "Accounts by health.",
        "health",
        account_ranking.summary(now).by_state,
    )
    yield from _mails(now)
    yield _by_label(
        "latchkey_imports", "Imports by state.", "state", queries.by_state()
    )


def _signups(now: datetime) -> Iterator[Metric]:
    balance, due_at = counts.balance(), worker_health.oldest_due(now)
    yield _by_label("latchkey_signups", "Sign-ups by state.", "state", balance.by_state)
    yield _by_label(
        "latchkey_signups_waiting",
        "Waiting sign-ups by the one thing that each waits for.",
        "cause",
        _by_cause(now),
    )
    yield CounterMetricFamily(
        "latchkey_signups_accepted_total",
        "Sign-ups ever accepted, by the tally.",
        balance.accepted,
    )
    yield GaugeMetricFamily(
        "latchkey_balance_difference",
        "Accepted by the tally less stored rows: anything but 0 is an alarm.",
        balance.accepted - balance.rows,
    )
    yield GaugeMetricFamily(
        "latchkey_oldest_due_seconds",
        "For how long the longest-due sign-up is due, whatever it waits for.",
        _seconds_since(due_at, now),
    )
    yield GaugeMetricFamily(
        "latchkey_overdue_seconds",
        "The same of those that nothing holds up while nothing moves: "
        "anything but 0 is an alarm.",
        worker_health.overdue_seconds(now),
    )
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    query = (
        select(Attempt.outcome, func.count())
        .where(Attempt.started_at >= midnight)
        .group_by(Attempt.outcome)
    )
    attempts = {}
    for outcome, number in db.session.execute(query):
        attempts[outcome or "under_way"] = number
    yield _by_label(
        "latchkey_attempts_today",
        "Attempts begun since 00:00 UTC, by how they ended.",
        "outcome",
        attempts,
    )


def _by_cause(now: datetime) -> dict[str, int]:
    numbers = waiting.waiting(now).by_cause()
    return {cause.value: numbers.get(cause, 0) for cause in waiting.Cause}


def _calls(now: datetime) -> Iterator[Metric]:
    row, of = pace().today(), services().settings.calls_per_day
    pause, outage = 0.0, 0.0
    if row and row.paused_until:
        pause = max(0.0, (row.paused_until - now).total_seconds())
    if row and row.down_since:
        # 0 would say that it is not down
        outage = max(0.001, _seconds_since(row.down_since, now))
    yield GaugeMetricFamily(
        "latchkey_calls_used_today",
        "Calls to the API since 00:00 UTC.",
        of - remaining(row, of, now.date()),
    )
    yield GaugeMetricFamily(
        "latchkey_calls_allowed_per_day", "Calls to the API that a day allows.", of
    )
    yield GaugeMetricFamily(
        "latchkey_calls_paused_seconds",
        "For how long yet nobody may call the API.",
        pause,
    )
    yield GaugeMetricFamily(
        "latchkey_calls_strain_steps",
        "Each makes the gap between two calls a tenth wider.",
        strain_of(row, now).steps,
    )
    yield GaugeMetricFamily(
        "latchkey_provider_down_seconds",
        "For how long Constant Contact is down; 0 when it is not.",
        outage,
    )


def _seconds_since(moment: datetime | None, now: datetime) -> float:
    if moment is None:
        return 0.0
    return (now - moment).total_seconds()


def _workers(now: datetime) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "latchkey_workers_alive",
        "Workers that gave a sign of life within a minute.",
        worker_health.workers_alive(now),
    )
    yield GaugeMetricFamily(
        "latchkey_worker_silent_seconds",
        "Since the newest sign of life of any worker; +Inf without one.",
        max(0.0, worker_health.silent_seconds()),
    )


def _mails(now: datetime) -> Iterator[Metric]:
    waiting = select(func.count()).where(Notice.due_at.is_not(None))
    late, given_up = outbox.trouble(now)
    yield GaugeMetricFamily(
        "latchkey_mails_waiting",
        "Mails to owners and admins that are not sent yet.",
        db.session.scalar(waiting) or 0,
    )
    yield GaugeMetricFamily(
        "latchkey_mails_late",
        "Those of them that wait for longer than ten minutes.",
        late,
    )
    yield GaugeMetricFamily(
        "latchkey_mails_given_up", "Mails given up within seven days.", given_up
    )


def _by_label(
    name: str, help: str, label: str, values: Mapping[str, int]
) -> GaugeMetricFamily:
    """Make one figure for each value of a label."""
    family = GaugeMetricFamily(name, help, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
