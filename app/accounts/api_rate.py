"""The pace of calls: one row per API key reserves the instant of every call.

The provider counts 4 calls a second and 10,000 a day (UTC) per API key, over all
accounts, and sends no rate headers (contract section 6). So every process asks this row
before it calls.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Date, String, and_, case, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.clock import Clock
from app.database.session import Model, UtcTime, db, insert, write_transaction

# A slot further ahead was reserved by a clock that was wrong, and a longer pause was
# written by one, as was a day further ahead.
MAX_AHEAD = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=25)
ANOTHER_CLOCK = timedelta(days=1)
# A part of the gap: how long writing a slot down may take when nobody stands in line.
LEAD = 0.075
# Of the 0.08 s that the gap tolerates; the network has the rest.
LATE = timedelta(seconds=0.05)
MAX_MISSED = 5
STRAINED_FOR = timedelta(minutes=10)
# Each step makes the gap a tenth longer; after the last it is 2.6 times as long.
WIDER = 1.1
MAX_STRAIN = 10
# The part of a day that reads which can wait may use: the rest is for sign-ups.
HOUSEKEEPING = 0.8
# Whose calls a row counts: the API's, or the token endpoint's, which has its own pace.
API = "api"
TOKENS = "tokens"


class Governor(Model):
    """What all processes know of one API key: the next slot, the day's calls, a pause.

    Also the breaker for the provider as a whole.
    """

    __tablename__ = "governor"

    api_key: Mapped[str] = mapped_column(String(80), primary_key=True)
    bucket: Mapped[str] = mapped_column(
        String(20), primary_key=True, default=API, server_default=API
    )
    next_at: Mapped[datetime] = mapped_column(UtcTime)
    day: Mapped[date] = mapped_column(Date)
    used: Mapped[int] = mapped_column(default=0)
    paused_until: Mapped[datetime | None] = mapped_column(UtcTime)
    paused_for: Mapped[str | None] = mapped_column(String(40))
    # each step makes the gap a tenth longer
    strain: Mapped[int] = mapped_column(default=0, server_default="0")
    strained_until: Mapped[datetime | None] = mapped_column(UtcTime)

    # While the provider is down there is one probe at a time, at `probe_at`.
    down_since: Mapped[datetime | None] = mapped_column(UtcTime)
    down_count: Mapped[int] = mapped_column(default=0, server_default="0")
    probe_at: Mapped[datetime | None] = mapped_column(UtcTime)


class RateLimited(Exception):
    """No call may be made before `until`.

    The day's allowance is spent, or the provider asked for a pause. `detail` and
    `request_id` are the provider's, "" when it was not asked.
    """

    def __init__(
        self, reason: str, until: datetime, detail: str = "", request_id: str = ""
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until
        self.detail = detail
        self.request_id = request_id


class ApiRate:
    """Reserves slots for calls with one API key.

    They are `gap` seconds apart, and at most `per_day` in a UTC day if that is limited.
    """

    def __init__(
        self,
        clock: Clock,
        api_key: str,
        gap: float,
        per_day: int | None,
        bucket: str = API,
    ) -> None:
        self._clock = clock
        self._key = api_key
        self._bucket = bucket
        self._gap = timedelta(seconds=gap)
        self._per_day = per_day

    def acquire(self, most: float = 20) -> None:
        """Sleep until this caller's slot.

        Raises `RateLimited` when there is none within `most` seconds. A caller that
        wakes up too late would arrive together with the next one, so it takes another
        slot.
        """
        self._take_turn(timedelta(seconds=most), calls=1)

    def acquire_again(self, most: float = 5) -> None:
        """Sleep until another slot for a call that missed its own, still unsent.

        The network was silent, say, while it connected. The day's calls are counted
        once for each call, so not here.
        """
        self._take_turn(timedelta(seconds=most), calls=0)

    def _take_turn(self, most: timedelta, calls: int) -> None:
        for _try in range(MAX_MISSED):
            slot = self._reserve(self._clock.now(), most, self._per_day, calls)
            if self._is_in_time(slot):
                return

    def _is_in_time(self, slot: datetime) -> bool:
        """Sleep until a slot; tell whether it is not over by then."""
        self._clock.sleep(max(0.0, (slot - self._clock.now()).total_seconds()))
        return self._gap <= LATE or self._clock.now() - slot <= LATE

    def acquire_low_priority(self, most: float = 2) -> None:
        """Sleep until a slot that nobody else wants, for a read that can wait.

        Raises `RateLimited` when others stand in line for longer than `most` seconds,
        or when the last fifth of the day's calls is reached.
        """
        ends = self._clock.now() + timedelta(seconds=most)
        at_once = self._gap * LEAD
        per_day = self._per_day and int(self._per_day * HOUSEKEEPING)
        while True:
            try:
                slot = self._reserve(self._clock.now(), at_once, per_day)
            except RateLimited as refusal:
                if refusal.reason != "throttled" or refusal.until > ends:
                    raise
                self._is_in_time(refusal.until)
            else:
                if self._is_in_time(slot) or self._clock.now() > ends:
                    return

    def pause(self, reason: str, until: datetime) -> None:
        """Let nobody who shares the key call before `until`; a longer pause stays."""
        with write_transaction() as session:
            session.execute(
                update(Governor)
                .where(
                    self._is_row,
                    or_(Governor.paused_until.is_(None), Governor.paused_until < until),
                )
                .values(paused_until=until, paused_for=reason)
            )

    def back_off(self, until: datetime) -> None:
        """Pause, and make the gap longer for a while.

        Somebody else uses the key as well, or calls arrived closer than they were sent.
        Of several calls that were refused together only the first counts.
        """
        now = self._clock.now()
        one_step_more = case(
            (Governor.strain < MAX_STRAIN, Governor.strain + 1),
            else_=MAX_STRAIN,
        )
        with write_transaction() as session:
            session.execute(
                update(Governor)
                .where(
                    self._is_row,
                    or_(Governor.paused_until.is_(None), Governor.paused_until <= now),
                )
                .values(
                    strain=one_step_more,
                    strained_until=now + STRAINED_FOR,
                    paused_until=until,
                    paused_for="throttled",
                )
            )

    def paused_until(self, now: datetime) -> datetime | None:
        """Return the end of a pause that is on, or None."""
        until = db.session.scalar(select(Governor.paused_until).where(self._is_row))
        return until if _is_on(until, now) else None

    def today(self) -> "Governor | None":
        """Return the row as it stands: calls used and any pause, for the dashboard."""
        return db.session.get(Governor, (self._key, self._bucket))

    @property
    def _is_row(self) -> ColumnElement[bool]:
        return is_row_of(self._key, self._bucket)

    def _reserve(
        self, now: datetime, most: timedelta, per_day: int | None, calls: int = 1
    ) -> datetime:
        """Write down a slot, with room on both sides for what our clock may be wrong.

        So calls of hosts whose clocks differ keep the gap.
        """
        error = self._clock.error
        with write_transaction() as session:
            row = self._locked(session, now)
            if row.day < now.date() or row.day > now.date() + ANOTHER_CLOCK:
                row.day = now.date()
                row.used = 0
            _refuse_if_spent(row, now, per_day)
            _recover(row, now)
            slot = now
            if row.next_at < now + MAX_AHEAD:
                slot = max(now + self._gap * LEAD, row.next_at + error)
            if slot - now > most:
                raise RateLimited("throttled", slot)
            row.next_at = slot + self._gap * WIDER**row.strain + error
            row.used += calls
            return slot

    def _locked(self, session: Session, now: datetime) -> Governor:
        new = insert(Governor).values(
            api_key=self._key,
            bucket=self._bucket,
            next_at=now,
            day=now.date(),
            used=0,
        )
        session.execute(new.on_conflict_do_nothing())
        return session.scalars(
            select(Governor).where(self._is_row).with_for_update()
        ).one()


def _is_on(until: datetime | None, now: datetime) -> bool:
    """Tell whether a pause is on; one that is too long was written by a wrong clock."""
    return until is not None and now < until < now + LONGEST_PAUSE


def is_row_of(api_key: str, bucket: str = API) -> ColumnElement[bool]:
    """Select the one row that counts these calls."""
    return and_(Governor.api_key == api_key, Governor.bucket == bucket)


def _refuse_if_spent(row: Governor, now: datetime, per_day: int | None) -> None:
    if row.paused_until and _is_on(row.paused_until, now):
        raise RateLimited(row.paused_for or "throttled", row.paused_until)
    if per_day is not None and row.used >= per_day:
        raise RateLimited("quota_exceeded", midnight_after(now))


def _recover(row: Governor, now: datetime) -> None:
    """Go a step faster for every ten minutes that went well."""
    while row.strain and row.strained_until and row.strained_until <= now:
        row.strain -= 1
        row.strained_until += STRAINED_FOR
    if row.strain == 0:
        row.strained_until = None


def remaining(row: Governor | None, per_day: int, today: date) -> int:
    """Return how many calls are left of today's allowance."""
    if row is None or row.day != today:
        return per_day
    return per_day - row.used


def midnight_after(now: datetime) -> datetime:
    """Return when the next UTC day begins, and with it another allowance."""
    tomorrow = now.date() + timedelta(days=1)
    return datetime.combine(tomorrow, datetime.min.time(), tzinfo=now.tzinfo)
