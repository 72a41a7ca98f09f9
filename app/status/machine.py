"""What the machine itself may lack: room on its disk, a clock that is right."""

import shutil
from datetime import datetime, timedelta

from app.accounts.token_store import clock_ahead
from app.database.session import db
from app.services import services
from app.status.worker_health import newest_heartbeat

MEGABYTE = 1024 * 1024
MIN_FREE = 200 * MEGABYTE
MAX_CLOCK_OFF = timedelta(minutes=1)


def free_bytes() -> int:
    """Return the room on the disk of LATCHKEY_DATA_DIR. Raises `OSError`."""
    return shutil.disk_usage(services().settings.data_dir).free


def low_disk() -> int | None:
    """Return the free bytes when they are few; None also when nobody can tell."""
    try:
        free = free_bytes()
    except OSError:
        return None
    return free if free < MIN_FREE else None


def clock_off(now: datetime) -> timedelta | None:
    """Return by how much clocks differ, when that is more than a minute.

    Of this machine and the database, or of this machine and the worker: a sign of life
    from the future also shows a clock that was set back.
    """
    seen_at = newest_heartbeat()
    in_future = seen_at - now if seen_at else timedelta()
    difference = max(abs(clock_ahead(db.session())), in_future)
    return difference if difference > MAX_CLOCK_OFF else None
