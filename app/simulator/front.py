"""What all pages have in common: policy, times, and who may press their buttons."""

from flask import Blueprint, Response, request

from app.simulator.clock import iso
from app.simulator.errors import ApiError

front = Blueprint("front", __name__)
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)
# of the board: its buttons, and the script of those that copy
OF_THE_BOARD = "; form-action 'self'; script-src 'self'"


def own_posts_only() -> None:
    """Refuse posts from pages of other sites.

    A program that is no browser sends neither header.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = (
        site in ("same-origin", "none")
        if site
        else origin in (None, request.host_url.rstrip("/"))
    )
    if request.method not in ("GET", "HEAD") and not own:
        raise ApiError(403, {"problem": "This came from a page of another site."})


@front.after_app_request
def secure(response: Response) -> Response:
    """Pages load only their stylesheet and the script of the Copy buttons.

    Forms lead nowhere else, but for consent, which redirects to the app.
    """
    if response.mimetype == "text/html":
        more = OF_THE_BOARD if request.blueprint == "board" else ""
        response.headers["Content-Security-Policy"] = POLICY + more
        response.headers["Cache-Control"] = "no-store"
    return response


@front.app_template_filter("moment")
def moment(at: float) -> str:
    """Time of day in UTC."""
    return iso(at)[11:19]
