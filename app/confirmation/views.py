"""The page of a link in a mail: opening it changes nothing, its buttons do."""

import json
from contextlib import suppress

from flask import (
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as AnyResponse

from app.confirmation import blueprint, letter, links
from app.confirmation.links import LinkState, OpenedLink, Visit
from app.database.session import UNUSABLE, db
from app.forms import theme
from app.web import access, headers, limits

LINK = f"{access.CONFIRM}/<token>"


@blueprint.get(LINK)
@access.public
@limits.throttled("signup_limits")
def show(token: str) -> Response:
    """Ask whether the person wants it; mail scanners open this page too."""
    return _page(token, "confirm")


@blueprint.get(f"{LINK}/not-me")
@access.public
@limits.throttled("signup_limits")
def show_not_me(token: str) -> Response:
    """Ask whether somebody else typed the address."""
    return _page(token, "not_me")


@blueprint.get(f"{LINK}/thanks")
@access.public
@limits.throttled("signup_limits")
def thanks(token: str) -> Response:
    """Say that it is confirmed, and lead on to where the form's admin wants people."""
    opened = _found(token)
    response = _shown(opened, token, "confirm")
    confirm_url = opened.row.form.confirm_url
    if opened.state == LinkState.CONFIRMED and confirm_url:
        response.headers["Refresh"] = f"0; url={iri_to_uri(confirm_url)}"
    return response


@blueprint.post(LINK)
@access.public
@limits.throttled("signup_limits")
def confirm(token: str) -> AnyResponse:
    """Confirm the sign-up."""
    opened = links.confirm(token, _visit()) or _found(token)
    if opened.state == LinkState.CONFIRMED:
        return redirect(url_for("confirmation.thanks", token=token), 303)
    return redirect(url_for("confirmation.show", token=token), 303)


@blueprint.post(f"{LINK}/not-me")
@access.public
@limits.throttled("signup_limits")
def not_me(token: str) -> AnyResponse:
    """Close the sign-up of an address that somebody else typed."""
    links.not_me(token, _visit()) or _found(token)
    return redirect(url_for("confirmation.show_not_me", token=token), 303)


def _visit() -> Visit:
    network = limits.network_of(request.remote_addr or "")
    return Visit(network, request.headers.get("User-Agent", ""))


def _page(token: str, asks: str) -> Response:
    response = _shown(_found(token), token, asks)
    if request.method != "HEAD":
        with suppress(*UNUSABLE):
            links.note_opened(token)
    return response


def _found(token: str) -> OpenedLink:
    opened = links.find(token)
    if opened is None:
        abort(make_response(render_template("confirmation/unknown.html"), 404))
    return opened


def _shown(opened: OpenedLink, token: str, asks: str) -> Response:
    row, form = opened.row, opened.row.form
    chosen_theme = json.dumps(form.theme)
    style = theme.css(chosen_theme)
    headers.allow_style(style)
    html = render_template(
        "confirmation/page.html",
        token=token,
        asks=asks,
        state=opened.state,
        on_lists=opened.on_lists,
        form=form,
        organization=letter.organization_of(row.account),
        lists=letter.lists_of(db.session(), row),
        style=style,
        theme=theme.mode(chosen_theme, framed=False),
    )
    return make_response(html)
