"""What we ask of every connection to PostgreSQL, at both of its ends.

Without these, a host that vanishes inside a transaction keeps its locks until the
server's TCP gives up, after two hours. What stands in DATABASE_URL wins.
"""

from typing import Any

from sqlalchemy import make_url

from app.config.settings import Settings

PROBES = 3  # without an answer; then the connection is over
# What the client waits longer than the server may take, so that the server's own
# time-out comes first.
MARGIN = 1.0


def connect_args(settings: Settings) -> dict[str, Any]:
    """Return the options of libpq, but for those that are in the address."""
    named = make_url(settings.database).query
    options: dict[str, Any] = {
        name: value for name, value in _ours(settings).items() if name not in named
    }
    # of two of the same name the server takes the later one
    in_address = named.get("options", ())
    if isinstance(in_address, str):
        in_address = (in_address,)
    options["options"] = " ".join([*_of_the_server(settings), *in_address])
    return options


def patience(settings: Settings) -> float | None:
    """Return the seconds that a client waits for one statement; None: for ever.

    That is when DATABASE_URL says itself how long a statement may take.
    """
    if "statement_timeout" in str(make_url(settings.database).query.get("options")):
        return None
    return settings.db_statement_timeout + MARGIN


def _ours(settings: Settings) -> dict[str, int]:
    return {
        "connect_timeout": settings.db_connect_timeout,
        "tcp_user_timeout": _milliseconds(settings.db_tcp_timeout),
        "keepalives_idle": _seconds(settings.db_keepalive),
        "keepalives_interval": _seconds(settings.db_keepalive / PROBES),
        "keepalives_count": PROBES,
    }


def _of_the_server(settings: Settings) -> list[str]:
    """Name what the server does when this client is gone, or waits."""
    # nobody waits for the pace's row for longer than the call itself may take
    lock_timeout = min(settings.db_lock_timeout, settings.http_deadline)
    values = {
        "lock_timeout": _milliseconds(lock_timeout),
        "statement_timeout": _milliseconds(settings.db_statement_timeout),
        "idle_in_transaction_session_timeout": _milliseconds(settings.db_idle_timeout),
        "tcp_user_timeout": _milliseconds(settings.db_tcp_timeout),
        "tcp_keepalives_idle": _seconds(settings.db_keepalive),
        "tcp_keepalives_interval": _seconds(settings.db_keepalive / PROBES),
        "tcp_keepalives_count": PROBES,
    }
    return [f"-c {name}={value}" for name, value in values.items()]


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _seconds(seconds: float) -> int:
    return max(1, round(seconds))
