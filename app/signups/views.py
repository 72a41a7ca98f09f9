"""The visitor's door: the hosted page and the one for frames.

No cookie, no script needed, one answer for all.
"""

import json
from datetime import datetime, timedelta

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
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as AnyResponse

from app.core.logs import log
from app.database.session import UNUSABLE, db
from app.services import services
from app.signups import (
    blueprint,
    etag,
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
from app.signups.screening.press import Door, Press, Proof
from app.signups.screening.verdict import confirmation_of, decide
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
    """Show the empty form; 304 for a browser whose copy says the same and whose ticket
    has most of its life before it.
    """
    form = _form(form_id, embed)
    if not _taking(form):
        return _page(form, form_for(form), embed)
    empty, host_page, now = (
        _empty(form, embed),
        _host_page(embed),
        services().clock.now(),
    )
    browser_tags = request.if_none_match.as_set(include_weak=True)
    known = etag.still_good(browser_tags, empty.digest, host_page, now)
    if known:
        response = Response(status=304)
    else:
        html = empty(form_token.issue(form.id, host_page, form.consent_id))
        response = Response(html, mimetype="text/html")
    response.set_etag(known or etag.of(empty.digest, host_page, now), weak=True)
    headers.allow_keeping()
    if request.method != "HEAD":
        view_counts.looked(form.id, host_page, response)
    return response


def _too_many(form_id: str, embed: bool, until: datetime) -> Response:
    """Show the form with all that was typed, and when to press again."""
    form, wait = _form(form_id, embed), seconds_until(until)
    notice = gettext(
        "There were many sign-ups from your network just now. Nothing you typed is"
        " lost: please press the button again in %(time)s.",
        time=format_timedelta(timedelta(seconds=wait), threshold=1.2),
    )
    response = _page(form, form_for(form), embed, notice, status=429)
    response.headers["Retry-After"] = str(wait)
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
                "The sentence you agree to was changed meanwhile. Nothing else you "
                "typed is lost: please read it, tick its box if you still agree, "
                "and press the button once more."
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
        fresh = intake.accept(form, answers)
    except UNUSABLE as error:
        log.error("not_stored", error=type(error).__name__)
        return _sorry(form, visitor, embed)
    thanks_page = url_for("signups.thanks", form_id=form.id, embed=embed or None)
    response = redirect(thanks_page, 303)
    if fresh:
        view_counts.pressed(form.id, answers.host_page, response)
    return response


def _once_more() -> str:
    if pasted_html.is_pasted(request.form):
        notice = gettext(
            "One more step: please look at what you typed, tick the box if you agree,"
            " and press the button."
        )
    else:
        notice = gettext(
            "This page had been open for a long time. Nothing you typed is lost: please"
            " press the button once more."
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
            "signups/thanks.html", form=form, embed=embed, by_mail=by_mail
        ),
    )
    response = make_response(html)
    if form.redirect_url and not embed:
        response.headers["Refresh"] = f"0; url={iri_to_uri(form.redirect_url)}"
    return response


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
            "signups/form.html", form=form, visitor=visitor, embed=embed
        )
        return form_cache.page(html, form)

    return kept(("page", form, embed, language()), make)


def _page(
    form: ShownForm,
    visitor: VisitorForm,
    embed: bool,
    notice: str = "",
    status: int = 200,
) -> Response:
    if not _taking(form):
        return make_response(
            render_template("signups/closed.html", form=form, embed=embed), 410
        )
    opened = form_token.opened(visitor.form_token.data or "", form.id)
    if _words_read(form, opened) != form.consent_id:
        # it was ticked beside other words, or nobody knows beside which
        visitor.consent.data = False
    if not opened or not opened.holds or opened.consent_id != form.consent_id:
        # a token that still holds stays: the same press stays one sign-up
        host_page = opened.host_page if opened else _host_page(embed)
        visitor.form_token.data = form_token.issue(form.id, host_page, form.consent_id)
    return make_response(
        render_template(
            "signups/form.html", form=form, visitor=visitor, embed=embed, notice=notice
        ),
        status,
    )


def _sorry(form: ShownForm, visitor: VisitorForm, embed: bool) -> Response:
    db.session.rollback()
    response = _page(
        form,
        visitor,
        embed,
        gettext(
            "We could not store this just now, so it was not accepted. Nothing you"
            " typed is lost: please press the button again in a moment."
        ),
        status=503,
    )
    response.headers["Retry-After"] = "10"
    return response


def _answers(
    form: ShownForm, visitor: VisitorForm, opened: form_token.FormToken, embed: bool
) -> intake.Answers:
    press = Press(
        door=_door(embed),
        proof=Proof.MISSING,
        trap_filled=bool(visitor.website.data),
        too_fast=opened.age < services().settings.form_min_seconds,
    )
    verdict = decide(press, confirmation_of(form), services().settings.mails)
    return intake.Answers(
        email=visitor.email_address.data or "",
        body=visitor.body(_sources(opened)),
        press_id=opened.press_id,
        host_page=opened.host_page,
        verdict=verdict,
        door=press.door,
        network=network_of(request.remote_addr or ""),
        proven=press.proof == Proof.SOLVED,
        language=language(),
    )


def _door(embed: bool) -> Door:
    if pasted_html.is_pasted(request.form):
        return Door.PASTED
    return Door.FRAMED if embed else Door.HOSTED


def _sources(opened: form_token.FormToken) -> dict[str, str]:
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
