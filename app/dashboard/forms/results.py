"""Show a form's results: how often it was looked at, where, and what came of that."""

from dataclasses import dataclass
from datetime import date

from flask import abort, render_template, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from sqlalchemy import func, select

from app.dashboard import blueprint, queries
from app.database.session import db
from app.forms import service
from app.forms.models import FormView
from app.signups.models import Tally
from app.signups.view_counts import OTHER
from app.stats import counts, form_days
from app.web import access, times

DAYS, MAX_PAGES = 30, 20


@dataclass(frozen=True)
class Result:
    """Looks and sign-ups of a form, in all or on one host page.

    The host page is "" for the form's own page, `OTHER` for the rest.
    """

    views: int
    signups: int
    host_page: str = ""

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
    """One step of a form's funnel: how many came so far, in the last 30 days."""

    label: LazyString
    number: int
    hint: LazyString | str = ""
    href: str = ""


@blueprint.get("/forms/<form_id>/results")
@access.viewer
def form_results(form_id: str) -> str:
    """Show the last 30 days of a form, by day and by host page."""
    saved, days = service.standing(form_id) or abort(404), counts.last_days(DAYS)
    views, signups = _views(form_id, days[0]), _signups(form_id, days[0])
    by_day = form_days.of(form_id, days[0])
    address = url_for("dashboard.signups", form=form_id, since=days[0].isoformat())
    return render_template(
        "dashboard/forms/results.html",
        section="forms",
        saved=saved,
        other=OTHER,
        drift=queries.drift_of(saved),
        total=Result(sum(views.values()), sum(signups.values())),
        pages=_pages(form_id, days[0]),
        views=_bars(days, views),
        signups=_bars(days, signups),
        signups_address=address,
        funnel=_funnel(
            sum(views.values()), sum(signups.values()), by_day, f"{address}&state="
        ),
        guarded=[
            (day, by_day[day])
            for day in sorted(by_day, reverse=True)
            if by_day[day].guarded
        ],
    )


def _funnel(
    views: int, signups: int, by_day: dict[date, form_days.Numbers], address: str
) -> list[Step]:
    """Add up the steps from a look to a delivery; `address` is that of a state's list."""

    def total(name: str) -> int:
        return sum(getattr(numbers, name) for numbers in by_day.values())

    return [
        Step(_("Seen"), views),
        Step(_("Begun"), total("begun"), _("by browsers that run scripts")),
        Step(_("Pressed"), signups, href=address),
        Step(_("Asked to confirm"), total("asked")),
        Step(_("Confirmed"), total("confirmed")),
        Step(_("Delivered"), total("delivered"), _("so far"), f"{address}delivered"),
    ]


def _views(form_id: str, first: date) -> dict[date, int]:
    query = (
        select(FormView.day, func.sum(FormView.views))
        .where(FormView.form_id == form_id, FormView.day >= first)
        .group_by(FormView.day)
    )
    return {day: int(number) for day, number in db.session.execute(query)}


def _signups(form_id: str, first: date) -> dict[date, int]:
    query = select(Tally.day, Tally.accepted).where(
        Tally.form_id == form_id, Tally.day >= first
    )
    return dict(db.session.execute(query).all())


def _pages(form_id: str, first: date) -> list[Result]:
    views, signups = func.sum(FormView.views), func.sum(FormView.signups)
    query = (
        select(FormView.host_page, views, signups)
        .where(FormView.form_id == form_id, FormView.day >= first)
        .group_by(FormView.host_page)
        .order_by(signups.desc(), views.desc(), FormView.host_page)
        .limit(MAX_PAGES)
    )
    results = []
    for host_page, number_of_views, number_of_signups in db.session.execute(query):
        results.append(Result(int(number_of_views), int(number_of_signups), host_page))
    return results


def _bars(days: list[date], numbers: dict[date, int]) -> list[dict[str, object]]:
    return [
        {"label": times.day_words(day), "value": numbers.get(day, 0)} for day in days
    ]
