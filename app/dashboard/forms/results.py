"""Show a form's results: how often it was looked at, where, and what came of that."""

from dataclasses import dataclass
from datetime import date

from flask import Response, abort, render_template, request, url_for
from flask_babel import LazyString, format_percent
from flask_babel import lazy_gettext as _
from sqlalchemy import func, select

from app.core import csv_safe
from app.dashboard import blueprint, queries
from app.dashboard.forms import period as periods
from app.dashboard.forms.period import Period
from app.database.session import db
from app.forms import service
from app.forms.models import FormView
from app.signups.models import Tally
from app.signups.view_counts import OTHER
from app.stats import form_days
from app.web import access, times

MAX_PAGES = 20
CSV_COLUMNS = (
    _("Day"),
    _("Form"),
    _("Views"),
    _("Started"),
    _("Sign-ups"),
    _("Asked to confirm"),
    _("Confirmed"),
    _("Delivered"),
    _("On hold"),
    _("Turned away"),
)


@dataclass(frozen=True)
class Result:
    """Looks and sign-ups of a form, in all or on one host page.

    The host page is "" for the form's own page, `OTHER` for the rest.
    """

    views: int
    signups: int
    host_page: str = ""

    @property
    def conversion_words(self) -> str:
        """The share as people write it; "–" where there is none."""
        if self.conversion is None:
            return "–"
        return str(format_percent(self.conversion))

    @property
    def conversion(self) -> float | None:
        """The share of looks that became a sign-up.

        None where looks are not seen, as with a form in plain HTML.
        """
        if not self.views or self.views < self.signups:
            return None
        return self.signups / self.views


@dataclass(frozen=True)
class Step:
    """One step of a form's funnel: how many came so far, in these days."""

    label: LazyString
    number: int
    hint: LazyString | str = ""
    href: str = ""


@dataclass(frozen=True)
class Days:
    """What happened at a form, by day."""

    views: dict[date, int]
    signups: dict[date, int]

    @property
    def total(self) -> Result:
        return Result(sum(self.views.values()), sum(self.signups.values()))


@blueprint.get("/forms/<form_id>/results")
@access.viewer
def form_results(form_id: str) -> str:
    """Show some days of a form, by day and by host page, and how that compares."""
    saved = service.standing(form_id) or abort(404)
    period = periods.asked_for(request.args)
    now, before = _days(form_id, period), _days(form_id, period.before)
    by_day = form_days.of(form_id, period.first, period.last)
    address = url_for(
        "dashboard.signups",
        form=form_id,
        since=period.first.isoformat(),
        to=period.last.isoformat(),
    )
    return render_template(
        "dashboard/forms/results.html",
        section="forms",
        saved=saved,
        other=OTHER,
        drift=queries.drift_of(saved),
        period=period,
        choices=periods.CHOICES,
        total=now.total,
        before=before.total,
        change=periods.change,
        pages=_pages(form_id, period),
        views=_bars(period, now.views),
        signups=_bars(period, now.signups),
        signups_address=address,
        funnel=_funnel(now.total, by_day, f"{address}&state="),
        guarded=[
            (day, by_day[day])
            for day in sorted(by_day, reverse=True)
            if by_day[day].guarded
        ],
    )


@blueprint.get("/forms/<form_id>/results.csv")
@access.viewer
def form_results_csv(form_id: str) -> Response:
    """Send the same days as a file: one line for each day."""
    saved = service.standing(form_id) or abort(404)
    period = periods.asked_for(request.args)
    days = _days(form_id, period)
    by_day = form_days.of(form_id, period.first, period.last)
    lines = [csv_safe.line(csv_safe.safe(str(label)) for label in CSV_COLUMNS)]
    for day in period.days:
        numbers = by_day.get(day, form_days.Numbers())
        cells: list[object] = [
            day.isoformat(),
            saved.name,
            days.views.get(day, 0),
            numbers.begun,
            days.signups.get(day, 0),
            numbers.asked,
            numbers.confirmed,
            numbers.delivered,
            numbers.held,
            numbers.turned_away,
        ]
        lines.append(csv_safe.line(csv_safe.safe(str(cell)) for cell in cells))
    text = csv_safe.BOM + "".join(lines)
    response = Response(csv_safe.encoded(text), mimetype="text/csv")
    name = f"results-{saved.id}-{period.first}-{period.last}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _days(form_id: str, period: Period) -> Days:
    return Days(_views(form_id, period), _signups(form_id, period))


def _funnel(
    total_of: Result, by_day: dict[date, form_days.Numbers], address: str
) -> list[Step]:
    """Add up the steps from a look to a delivery; `address` is that of a state's list."""

    def total(name: str) -> int:
        return sum(getattr(numbers, name) for numbers in by_day.values())

    return [
        Step(_("Viewed"), total_of.views),
        Step(_("Started"), total("begun"), _("in browsers that run scripts")),
        Step(_("Signed up"), total_of.signups, href=address.removesuffix("&state=")),
        Step(_("Asked to confirm"), total("asked")),
        Step(_("Confirmed"), total("confirmed")),
        Step(_("Delivered"), total("delivered"), _("so far"), f"{address}delivered"),
    ]


def _views(form_id: str, period: Period) -> dict[date, int]:
    query = (
        select(FormView.day, func.sum(FormView.views))
        .where(
            FormView.form_id == form_id,
            FormView.day.between(period.first, period.last),
        )
        .group_by(FormView.day)
    )
    return {day: int(number) for day, number in db.session.execute(query)}


def _signups(form_id: str, period: Period) -> dict[date, int]:
    query = select(Tally.day, Tally.accepted).where(
        Tally.form_id == form_id, Tally.day.between(period.first, period.last)
    )
    return dict(db.session.execute(query).all())


def _pages(form_id: str, period: Period) -> list[Result]:
    views, signups = func.sum(FormView.views), func.sum(FormView.signups)
    query = (
        select(FormView.host_page, views, signups)
        .where(
            FormView.form_id == form_id,
            FormView.day.between(period.first, period.last),
        )
        .group_by(FormView.host_page)
        .order_by(signups.desc(), views.desc(), FormView.host_page)
        .limit(MAX_PAGES)
    )
    results = []
    for host_page, number_of_views, number_of_signups in db.session.execute(query):
        results.append(Result(int(number_of_views), int(number_of_signups), host_page))
    return results


def _bars(period: Period, numbers: dict[date, int]) -> list[dict[str, object]]:
    return [
        {"label": times.day_words(day), "value": numbers.get(day, 0)}
        for day in period.days
    ]
