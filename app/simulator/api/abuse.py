"""The sign-up abuse flag (contract 4.3).

After too many attempts an address counts as invalid for two days.
"""

from app.simulator.models import Account, Attempts
from app.simulator.settings import ABUSE_FLAG, ABUSE_WINDOW
from app.simulator.simulator import Simulator


def is_abused(here: Simulator, account: Account, address: str) -> bool:
    """Count this attempt; tell whether the address is flagged, now or since earlier."""
    limit, now = here.settings.abuse_limit, here.clock.now()
    if limit is None:
        return False
    attempts = here.state.attempts.setdefault(
        f"{account.id} {address.lower()}", Attempts()
    )
    if now < attempts.flagged_until:
        return True
    attempts.times = [at for at in attempts.times if now - ABUSE_WINDOW < at <= now] + [
        now
    ]
    if len(attempts.times) <= limit:
        return False
    attempts.times, attempts.flagged_until = [], now + ABUSE_FLAG
    return True
