"""The governor: one row per API key reserves the instant of every call, whoever makes
it.

The provider counts 4 calls a second and 10,000 a day (UTC) per API key, over all
accounts, and sends no rate headers (contract section 6), so every process asks this row
before it calls.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import Date, String, case, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import Clock
from app.database.session import Model, UtcTime, db, insert, write_transaction

# a slot further ahead was reserved by a clock that was wrong
MAX_AHEAD = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=25)  # and a longer pause was written by one
LEAD = 0.075  # of the gap: what writing a slot down may take when nobody stands in line
# of the 0.08 s that the gap tolerates; the network has the rest
LATE, MAX_MISSED = timedelta(seconds=0.05), 5
STRAINED_FOR = timedelta(minutes=10)
# the gap by a step, so many times; then the gap is 2.6 times as long
WIDER, MAX_STRAIN = 1.1, 10
# of the day may be used for reads that can wait: the rest is for sign-ups
HOUSEKEEPING = 0.8
# a day further ahead than that was written by a clock that was wrong
ANOTHER_CLOCK = timedelta(days=1)


class Governor(Model):
    __tablename__ = "governor"

    api_key: Mapped[str] = mapped_column(String(80), primary_key=True)
    next_at: Mapped[datetime] = mapped_column(UtcTime)
    day: Mapped[date] = mapped_column(Date)
    used: Mapped[int] = mapped_column(default=0)
    paused_until: Mapped[datetime | None] = mapped_column(UtcTime)
    paused_for: Mapped[str | None] = mapped_column(String(40))
    # each step makes the gap a tenth longer
    strain: Mapped[int] = mapped_column(default=0, server_default="0")
    strained_until: Mapped[datetime | None] = mapped_column(UtcTime)

    # The breaker for the provider as a whole: while it is down, one probe at a time, at
    # `probe_at`.
    down_since: Mapped[datetime | None] = mapped_column(UtcTime)
    down_count: Mapped[int] = mapped_column(default=0, server_default="0")
    probe_at: Mapped[datetime | None] = mapped_column(UtcTime)


class RateLimited(Exception):
    """No call may be made before `until`: the day's allowance is spent, or the provider
    asked for a pause.
    """

    def __init__(
        self, reason: str, until: datetime, detail: str = "", request_id: str = ""
    ) -> None:
        super().__init__(reason)
        self.reason, self.until, self.detail, self.request_id = (
            reason,
            until,
            detail,
            request_id,
        )


class ApiRate:
    """Reserves call slots for one API key: `gap` seconds apart, at most `per_day` a UTC
    day.
    """

    def __init__(self, clock: Clock, api_key: str, gap: float, per_day: int) -> None:
        self._clock, self._key, self._gap, self._per_day = (
            clock,
            api_key,
            timedelta(seconds=gap),
            per_day,
        )

    def acquire(self, most: float = 20) -> None:
        """Sleep until this caller's slot; raise `NoAllowance` when there is none within
        `most` seconds.

        Who comes late to a slot would arrive together with the next, so it is given up
        for another one.
        """
        for _ in range(MAX_MISSED):
            slot = self._reserve(
                self._clock.now(), timedelta(seconds=most), self._per_day
            )
            self._sleep_until(slot)
            if self._gap <= LATE or self._clock.now() - slot <= LATE:
                return

    def acquire_low_priority(self, most: float = 2) -> None:
        """The same for housekeeping: only when nobody else stands in line, and never of
        the last fifth of the day.
        """
        ends = self._clock.now() + timedelta(seconds=most)
        while True:
            now = self._clock.now()
            try:
                return self._sleep_until(
                    self._reserve(
                        now, self._gap * LEAD, int(self._per_day * HOUSEKEEPING)
                    )
                )
            except RateLimited as none:
                if none.reason != "throttled" or none.until > ends:
                    raise
                self._sleep_until(none.until)

    def pause(self, reason: str, until: datetime) -> None:
        """Nobody calls before `until`: what a 429 means for everybody who shares the
        key. A longer pause stays.
        """
        with write_transaction() as session:
            session.execute(
                update(Governor)
                .where(
                    Governor.api_key == self._key,
                    or_(Governor.paused_until.is_(None), Governor.paused_until < until),
                )
                .values(paused_until=until, paused_for=reason)
            )

    def back_off(self, until: datetime) -> None:
        """Pause, and go slower for a while: somebody else uses the key as well, or
        calls arrived closer than sent.

        Of several calls that were refused together the first alone counts.
        """
        now = self._clock.now()
        with write_transaction() as session:
            session.execute(
                update(Governor)
                .where(
                    Governor.api_key == self._key,
                    or_(Governor.paused_until.is_(None), Governor.paused_until <= now),
                )
                .values(
                    strain=case(
                        (Governor.strain < MAX_STRAIN, Governor.strain + 1),
                        else_=MAX_STRAIN,
                    ),
                    strained_until=now + STRAINED_FOR,
                    paused_until=until,
                    paused_for="throttled",
                )
            )

    def paused_until(self, now: datetime) -> datetime | None:
        """The end of a pause that is on, or None."""
        until = db.session.scalar(
            select(Governor.paused_until).where(Governor.api_key == self._key)
        )
        return until if until and now < until < now + LONGEST_PAUSE else None

    def today(self) -> "Governor | None":
        """The row as it stands: calls used and any pause, for the dashboard."""
        return db.session.get(Governor, self._key)

    def _sleep_until(self, slot: datetime) -> None:
        self._clock.sleep(max(0.0, (slot - self._clock.now()).total_seconds()))

    def _reserve(self, now: datetime, most: timedelta, per_day: int) -> datetime:
        with write_transaction() as session:
            session.execute(
                insert(Governor)
                .values(api_key=self._key, next_at=now, day=now.date(), used=0)
                .on_conflict_do_nothing()
            )
            row = session.scalars(
                select(Governor).where(Governor.api_key == self._key).with_for_update()
            ).one()
            if row.day < now.date() or row.day > now.date() + ANOTHER_CLOCK:
                row.day, row.used = now.date(), 0
            _refuse_if_spent(row, now, per_day)
            _recover(row, now)
            set_back = row.next_at >= now + MAX_AHEAD
            slot = now if set_back else max(now + self._gap * LEAD, row.next_at)
            if slot - now > most:
                raise RateLimited("throttled", slot)
            row.next_at, row.used = slot + self._gap * WIDER**row.strain, row.used + 1
            return slot


def _refuse_if_spent(row: Governor, now: datetime, per_day: int) -> None:
    if row.paused_until and now < row.paused_until < now + LONGEST_PAUSE:
        raise RateLimited(row.paused_for or "throttled", row.paused_until)
    if row.used >= per_day:
        raise RateLimited("quota_exceeded", midnight_after(now))


def _recover(row: Governor, now: datetime) -> None:
    """A step faster for every ten minutes that went well."""
    while row.strain and row.strained_until and row.strained_until <= now:
        row.strain, row.strained_until = (
            row.strain - 1,
            row.strained_until + STRAINED_FOR,
        )
    if row.strain == 0:
        row.strained_until = None


def remaining(row: Governor | None, per_day: int, today: date) -> int:
    """Calls left of today's allowance."""
    return per_day - (row.used if row and row.day == today else 0)


def midnight_after(now: datetime) -> datetime:
    """When the next UTC day begins, and with it another allowance."""
    return datetime.combine(
        now.date() + timedelta(days=1), datetime.min.time(), tzinfo=now.tzinfo
    )
