"""The plain front page: what this is, who is in it, what it was asked."""

from flask import Blueprint, Response, render_template

from app.simulator.clock import iso
from app.simulator.simulator import simulator

front = Blueprint("front", __name__)
SHOWN = 20


@front.get("/")
def home() -> str:
    here = simulator()
    with here.lock:
        return render_template(
            "simulator/home.html",
            accounts=list(here.state.accounts.values()),
            logins=list(here.state.logins.values()),
            apps=list(here.state.apps.values()),
            total=here.received.total,
            latest=here.received.latest(SHOWN),
        )


@front.after_app_request
def secure(response: Response) -> Response:
    """Pages load only their stylesheet; no form-action, since consent redirects to the app's own address."""
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'"
        )
        response.headers["Cache-Control"] = "no-store"
    return response


@front.app_template_filter("moment")
def moment(at: float) -> str:
    """Time of day in UTC."""
    return iso(at)[11:19]
