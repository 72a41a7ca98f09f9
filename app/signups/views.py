"""The visitor's door: the hosted page and the one for frames.

No cookie, no script needed, one answer for all.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from flask import (
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import format_timedelta, gettext
from markupsafe import escape
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as AnyResponse

from app.core.logs import log
from app.database.session import UNUSABLE, db
from app.forms.fields import SOURCES
from app.services import services
from app.signups import (
    blueprint,
    form_cache,
    form_token,
    intake,
    next_step,
    pasted_html,
    rate_limit,
    view_counts,
)
from app.signups import host_page as signups_host_page
from app.signups.form_cache import HOLE, ShownForm, kept
from app.signups.screening import gate, proof
from app.signups.screening.press import Door, Proof
from app.signups.screening.verdict import Action
from app.signups.visitor_form import VisitorForm, form_for
from app.web import access, headers
from app.web.errors import seconds_until
from app.web.i18n import language
from app.web.limits import network_of

# at a form that others are changing, before a visitor is asked to press again
LOOKS = 20
HOSTED, FRAMED = f"{access.VISITORS}/<form_id>", f"{access.VISITORS}/<form_id>/embed"


@blueprint.get(HOSTED, defaults={"embed": False})
@blueprint.get(FRAMED, defaults={"embed": True})
@access.public
def show(form_id: str, embed: bool) -> Response:
    """Show the empty form, with a ticket and a challenge of its own."""
    form = _form(form_id, embed)
    if not _taking(form):
        return _page(form, form_for(form), embed)
    host_page = _host_page(embed)
    html = _empty(form, embed)(*_new_ticket(form, host_page))
    response = Response(html, mimetype="text/html")
    headers.allow_keeping()
    if request.method != "HEAD":
        view_counts.looked(form.id, host_page, response)
    return response


@blueprint.post(f"{HOSTED}/begun")
@access.public
def begun(form_id: str) -> Response:
    """Count that somebody began to fill in the form; their browser hears nothing."""
    response = Response(status=204)
    too_many = rate_limit.one_too_many(request.remote_addr or "", "begun")
    form = form_cache.recent(form_id)
    if form is None or form.deleted_at:
        abort(404)
    if not too_many:
        view_counts.begun(form_id, response)
    return response


def _too_many(form_id: str, embed: bool, until: datetime) -> Response:
    """Show the form with all that was typed, and when to press again."""
    form, wait = _form(form_id, embed), seconds_until(until)
    notice = gettext(
        "A lot of sign-ups came from your network in the last minute. Nothing you typed"
        " is lost. Select the button again in %(time)s.",
        time=format_timedelta(timedelta(seconds=wait), threshold=1.2),
    )
    response = _page(form, form_for(form), embed, notice, status=429)
    response.headers["Retry-After"] = str(wait)
    view_counts.turned_away(form.id, response)
    return response


@blueprint.post(HOSTED, defaults={"embed": False})
@blueprint.post(FRAMED, defaults={"embed": True})
@access.public
def submit(form_id: str, embed: bool) -> AnyResponse:
    """Check, store, thank. Whether the address was known is never told."""
    if until := rate_limit.one_too_many(request.remote_addr or ""):
        return _too_many(form_id, embed, until)
    for _look in range(LOOKS):
        try:
            return _submitted(form_id, embed)
        except intake.FormChanged:  # by another process, within the last second
            form_cache.forget(form_id)
    # its row was written by hand, in a manner of its own
    log.error("form_never_as_it_was_read", form=form_id)
    form = _form(form_id, embed)
    return _sorry(form, form_for(form), embed)


def _submitted(form_id: str, embed: bool) -> AnyResponse:
    form = _form(form_id, embed)
    visitor = form_for(form)
    if not _taking(form):
        return _page(form, visitor, embed)
    opened = form_token.opened(visitor.form_token.data or "", form.id)
    if _words_read(form, opened) not in (form.consent_id, ""):
        return _page(
            form,
            visitor,
            embed,
            gettext(
                "The consent text changed while you had this page open. Nothing else"
                " you typed is lost. Read the new text, check the box if you still"
                " agree, and select the button again."
            ),
            status=409,
        )
    if not visitor.validate():
        return _page(form, visitor, embed, status=422)
    try:
        opened = opened or _pasted(form, visitor)
        if opened is None or not opened.holds:
            return _page(form, visitor, embed, _once_more(), status=409)
        answers = _answers(form, visitor, opened, embed)
        if answers.verdict.action == Action.AGAIN:
            return _again(form, visitor, embed, answers.verdict.reason)
        fresh = intake.accept(form, answers)
    except UNUSABLE as error:
        log.error("not_stored", error=type(error).__name__)
        return _sorry(form, visitor, embed)
    response = redirect(_thanks_address(form, answers.host_page, embed), 303)
    if fresh:
        view_counts.pressed(form.id, answers.host_page, response)
    if fresh and answers.verdict.action == Action.HOLD:
        view_counts.held(form.id, response)
    return response


def _again(
    form: ShownForm, visitor: VisitorForm, embed: bool, why: str | None
) -> Response:
    """Show the form with all that was typed and a fresh ticket: this one was used by
    others before.
    """
    notice = gettext(
        "Someone has already signed up from this page, so here’s a new one. Nothing you"
        " typed is lost. Select the button again."
    )
    response = _page(form, visitor, embed, notice, status=409, worn_out=why)
    view_counts.turned_away(form.id, response)
    return response


def _once_more() -> str:
    if pasted_html.is_pasted(request.form):
        notice = gettext(
            "One more step: check your answers, check the box if you agree, and select"
            " the button."
        )
    else:
        notice = gettext(
            "This page was open for a long time. Nothing you typed is lost. Select the"
            " button again."
        )
    return str(notice)


@blueprint.get(f"{HOSTED}/thanks")
@access.public
def thanks(form_id: str) -> Response:
    """Show the one answer to every sign-up, and lead on to where the site wants its
    visitors; out of a frame only who follows the link.

    A redirect would need a `form-action` that allows every site, since the one it leads
    to may redirect again.
    """
    embed = bool(request.args.get("embed"))
    form = _form(form_id, embed)
    by_mail = next_step.of(form)
    html = kept(
        ("thanks", form, embed, language(), *by_mail),
        lambda: render_template(
            "signups/thanks.html",
            form=form,
            embed=embed,
            empty_form=HOLE,
            by_mail=by_mail,
        ),
    )
    carried: dict[str, Any] = {"embed": embed, **_sources()}
    empty_form = url_for("signups.show", form_id=form.id, **carried)
    response = make_response(html.replace(HOLE, escape(empty_form)))
    if form.redirect_url and not embed:
        response.headers["Refresh"] = f"0; url={iri_to_uri(form.redirect_url)}"
    return response


def _thanks_address(form: ShownForm, host_page: str, embed: bool) -> str:
    """Return the address of the thanks; it takes along what the next sign-up on this
    page has to know.
    """
    carried: dict[str, Any] = {"embed": embed or None, **_sources()}
    if embed and host_page:
        carried["page"] = host_page
    return url_for("signups.thanks", form_id=form.id, **carried)


def _sources() -> dict[str, str]:
    """Return what this address says of where a visitor comes from."""
    return {name: request.args[name] for name in SOURCES if name in request.args}


def _form(form_id: str, embed: bool) -> ShownForm:
    """Return the form, or 404; what its pages may do is set here, since every answer
    about it comes by.
    """
    form = form_cache.recent(form_id)
    if embed:
        headers.allow_framing(json.loads(form.sites) if form else ())
    if form is None:
        abort(404)
    headers.allow_style(form.style)
    return form


def _taking(form: ShownForm) -> bool:
    return form.takes(services().clock.now())


def _empty(form: ShownForm, embed: bool) -> form_cache.FormPage:
    """Return the page without a ticket: made once, since nothing else of it differs
    from visitor to visitor.
    """

    def make() -> form_cache.FormPage:
        visitor = form_for(form)
        visitor.form_token.data = HOLE
        html = render_template(
            "signups/form.html",
            form=form,
            visitor=visitor,
            embed=embed,
            challenge=HOLE,
            first_look=True,
        )
        return form_cache.page(html)

    return kept(("page", form, embed, language()), make)


def _page(
    form: ShownForm,
    visitor: VisitorForm,
    embed: bool,
    notice: str = "",
    status: int = 200,
    worn_out: str | None = None,
) -> Response:
    """Show the form with what was typed; `worn_out` says why its ticket is not good any
    more.
    """
    if not _taking(form):
        return make_response(
            render_template(
                "signups/closed.html",
                form=form,
                embed=embed,
                was_pressed=request.method == "POST",
            ),
            410,
        )
    opened = form_token.opened(visitor.form_token.data or "", form.id)
    if _words_read(form, opened) != form.consent_id:
        # it was ticked beside other words, or nobody knows beside which
        visitor.consent.data = False
    judged, solution = _proof(form, opened), ""
    holds = opened and opened.holds and opened.consent_id == form.consent_id
    if opened and holds and not worn_out:
        # it stays: the same press stays one sign-up
        challenge = proof.challenge(opened.press_id, opened.work)
        if judged == Proof.SOLVED:
            challenge, solution = "", request.form.get("proof", "")
    else:
        host_page = opened.host_page if opened else _host_page(embed)
        good_for_next = judged == Proof.SOLVED and worn_out != "used_up"
        before = opened if good_for_next else None
        visitor.form_token.data, challenge = _new_ticket(form, host_page, before)
    html = render_template(
        "signups/form.html",
        form=form,
        visitor=visitor,
        embed=embed,
        notice=notice,
        challenge=challenge,
        solution=solution,
    )
    return make_response(html, status)


def _new_ticket(
    form: ShownForm, host_page: str, before: form_token.FormToken | None = None
) -> tuple[str, str]:
    """Make a ticket and the challenge that goes with it: none when the work was done
    for the one before it. That is handed on once.
    """
    if before and not before.proven:
        press_id, work, proven = form_token.next_press_id(before.press_id), 0, True
    else:
        press_id, work, proven = form_token.new_press_id(), _work(form), False
    ticket = form_token.issue(
        form.id, host_page, form.consent_id, press_id, work, proven
    )
    return ticket, proof.challenge(press_id, work)


def _work(form: ShownForm) -> int:
    """Return how much work a visitor's browser has to do at this moment."""
    if form.is_attacked(services().clock.now()):
        return proof.ATTACK
    return proof.QUIET


def _proof(form: ShownForm, opened: form_token.FormToken | None) -> Proof:
    if opened is None:
        return Proof.MISSING
    return proof.judge(request.form.get("proof", ""), opened, _work(form))


def _sorry(form: ShownForm, visitor: VisitorForm, embed: bool) -> Response:
    db.session.rollback()
    response = _page(
        form,
        visitor,
        embed,
        gettext(
            "We couldn’t save this, so you aren’t signed up yet. Nothing you typed is"
            " lost. Select the button again in a moment."
        ),
        status=503,
    )
    response.headers["Retry-After"] = "10"
    return response


def _answers(
    form: ShownForm, visitor: VisitorForm, opened: form_token.FormToken, embed: bool
) -> intake.Answers:
    arrival = gate.Arrival(
        email=visitor.email_address.data or "",
        token=opened.press_id,
        network=network_of(request.remote_addr or ""),
        door=_door(embed),
        proof=_proof(form, opened),
        trap_filled=bool(visitor.website.data),
        too_fast=opened.age < services().settings.form_min_seconds,
    )
    return intake.Answers(
        email=arrival.email,
        body=visitor.body(_hidden_answers(opened)),
        press_id=opened.press_id,
        host_page=opened.host_page,
        verdict=gate.screen(form, arrival),
        door=arrival.door,
        network=arrival.network,
        proven=arrival.proof == Proof.SOLVED,
        language=language(),
    )


def _door(embed: bool) -> Door:
    if pasted_html.is_pasted(request.form):
        return Door.PASTED
    return Door.FRAMED if embed else Door.HOSTED


def _hidden_answers(opened: form_token.FormToken) -> dict[str, str]:
    """Return what hidden fields may be filled from: this address's campaign parameters,
    and the page that the form is on.
    """
    page = opened.host_page or f"{services().settings.public_url}{request.path}"
    return request.args.to_dict() | {"page": page}


def _words_read(form: ShownForm, opened: form_token.FormToken | None) -> str:
    """Return the id of the wording that the visitor ticked; "" when nothing that can be
    trusted says so.
    """
    if opened:
        return opened.consent_id
    return pasted_html.words_read(form, request.form, _origin())


def _pasted(form: ShownForm, visitor: VisitorForm) -> form_token.FormToken | None:
    """Make what stands for the ticket of a form in somebody's own page; None when
    something about it is suspicious.
    """
    if not pasted_html.is_trusted(form, request.form, _origin()):
        return None
    page = _host_page(embed=False)
    body = visitor.body({"page": page})
    return pasted_html.ticket_for(form, visitor.email_address.data or "", body, page)


def _origin() -> str:
    return request.headers.get("Origin", "")


def _host_page(embed: bool) -> str:
    """Return the page that the form is framed or pasted on; never where a visitor came
    from before.
    """
    pasted = request.method == "POST" and pasted_html.is_pasted(request.form)
    if not embed and not pasted:
        return ""
    return signups_host_page.page(
        request.referrer or _origin(), request.args.get("page", "")
    )
