"""Sign-ups as a CSV file: exactly those that the page shows, as they were at the press
of the button.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, request
from flask_babel import force_locale, get_locale
from flask_security import current_user

from app.core import csv_safe
from app.core.logs import log
from app.dashboard import blueprint
from app.dashboard.queries import Search
from app.dashboard.signups.export_columns import COLUMNS, Table, table_of
from app.dashboard.signups.export_walk import Walk, survey
from app.dashboard.signups.views import search_of_address
from app.services import services
from app.signups.models import SignupState
from app.web import access

# behind the last line, for our script: a line ends with CR LF, so no file that broke
# off ends like this
END = "\x04"


@blueprint.get("/signups.csv")
@access.viewer
def export_signups() -> Response:
    """About as many lines as `X-Export-Rows` says, where somebody has counted.

    Who asks with `X-Mark-End` finds the true number behind the last line. What breaks
    off ends without, and the connection is closed before the end of its last chunk, so
    that a browser calls the download failed.
    """
    search, now, zone = (
        search_of_address(),
        services().clock.now(),
        ZoneInfo(services().settings.timezone),
    )
    number, forms = survey(search, now)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # a proxy has it
    export = Export(
        app,
        str(get_locale()),
        current_user.id,
        number,
        Walk(search, now, COLUMNS),
        table_of(forms, zone),
        bool(request.headers.get("X-Mark-End")),
    )
    return Response(
        export.stream(),
        mimetype="text/csv",
        headers={
            "Content-Disposition": (
                f'attachment; filename="{_file_name(search, now.astimezone(zone))}"'
            ),
            **({} if number is None else {"X-Export-Rows": str(number)}),
        },
    )


@dataclass(frozen=True)
class Export:
    """What is sent, piece by piece; between two of them neither a connection nor a
    transaction is held.
    """

    app: Flask
    language: str
    who: str
    number: int | None
    walk: Walk
    table: Table
    marks_end: bool

    def stream(self) -> Iterator[bytes]:
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
                number=sent,
                of=self.number,
                whole=whole,
            )

    def _next(self) -> list[str]:
        with self._ours():
            rows = self.walk.step()
            return [csv_safe.line(one) for one in self.table.lines(rows)]

    @contextmanager
    def _ours(self) -> Iterator[None]:
        """The app's context for one step, whose end gives the connection back; the
        request's is over by now.
        """
        with self.app.app_context(), force_locale(self.language):
            yield


def _file_name(search: Search, now: datetime) -> str:
    state = f"{search.state}-" if search.state in set(SignupState) else ""
    return f"signups-{state}{now:%Y-%m-%d}.csv"
