"""Export the sign-ups that a page shows as a CSV file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, request
from flask_babel import force_locale, get_locale
from flask_security import current_user

from app.auth import users
from app.core import csv_safe
from app.core.logs import log
from app.dashboard import blueprint
from app.dashboard.search import Search
from app.dashboard.signups.export_columns import COLUMNS, Table, table_of
from app.dashboard.signups.export_walk import Walk, survey
from app.dashboard.signups.listing import search_of_address
from app.database.patience import unhurried
from app.database.session import db
from app.services import services
from app.signups.models import SignupState
from app.web import access, limits

# Behind the last line, for our script. A line ends with CR LF, so no file that broke
# off ends with it.
END = "\x04"


@blueprint.get("/signups.csv")
@access.viewer
def export_signups() -> Response:
    """Send the file; `X-Export-Rows` says about how many lines, where that is counted.

    Who asks with `X-Mark-End` finds the true number behind the last line. A file that
    breaks off ends without it, and the connection is closed before the end of its last
    chunk, so that a browser calls the download failed.
    """
    search, now = search_of_address(), services().clock.now()
    zone = ZoneInfo(services().settings.timezone)
    number, forms = survey(search, now)
    export = Export(
        app=current_app._get_current_object(),  # type: ignore[attr-defined]  # a proxy has it
        language=str(get_locale()),
        who=current_user.id,
        network=limits.network_of(request.remote_addr or ""),
        number=number,
        walk=Walk(search, now, COLUMNS),
        table=table_of(forms, zone),
        marks_end=bool(request.headers.get("X-Mark-End")),
    )
    response = Response(export.stream(), mimetype="text/csv")
    name = _file_name(search, now.astimezone(zone))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if number is not None:
        response.headers["X-Export-Rows"] = str(number)
    return response


@dataclass(frozen=True)
class Export:
    """What is sent, piece by piece, with no connection or transaction in between."""

    app: Flask
    language: str
    who: str
    network: str
    number: int | None
    walk: Walk
    table: Table
    marks_end: bool

    def stream(self) -> Iterator[bytes]:
        """Yield the pieces of the file."""
        sent, whole = 0, False
        try:
            with self._ours():
                head = csv_safe.line(self.table.head())
            yield csv_safe.encoded(csv_safe.BOM + head)
            while lines := self._next():
                yield csv_safe.encoded("".join(lines))
                sent += len(lines)
            if self.marks_end:
                yield f"{END}{sent}".encode()
            whole = True
        finally:
            log.info(
                "signups_exported",
                who=self.who,
                network=self.network,
                number=sent,
                of=self.number,
                whole=whole,
            )

    def _next(self) -> list[str]:
        with self._ours(), unhurried(db.session.connection()):
            users.must_be_active(self.who)
            rows = self.walk.step()
            return [csv_safe.line(cells) for cells in self.table.lines(rows)]

    @contextmanager
    def _ours(self) -> Iterator[None]:
        """Enter the app's context for one step, since the request's is over by now.

        Its end gives the connection back.
        """
        with self.app.app_context(), force_locale(self.language):
            yield


def _file_name(search: Search, now: datetime) -> str:
    if search.state in set(SignupState):
        return f"signups-{search.state}-{now:%Y-%m-%d}.csv"
    return f"signups-{now:%Y-%m-%d}.csv"
