"""What people have to decide or mend: of sign-ups, forms, imports and emails."""

from flask import url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from app.dashboard.forms.going_on import batch_of, sentence_on_attack
from app.dashboard.overview.need import Need
from app.dashboard.overview.situation import ImportForSomebody, Situation
from app.forms.gone import Use
from app.imports.models import ImportState
from app.signups.models import SignupState


def needing_a_fix(now_is: Situation) -> list[Need]:
    """Name the sign-ups that Constant Contact will not take as they are."""
    number = now_is.balance.by_state[SignupState.PARKED]
    if not number:
        return []
    title = ngettext(
        "%(num)s sign-up needs a fix", "%(num)s sign-ups need a fix", number
    )
    headline = ngettext(
        "%(num)s sign-up needs a fix before it can be delivered.",
        "%(num)s sign-ups need a fix before they can be delivered.",
        number,
    )
    return [
        Need(
            headline,
            title,
            _("Constant Contact won’t accept them as they are. Each one says why."),
            url_for("dashboard.signups", state=SignupState.PARKED),
            _("Review sign-ups"),
            "urgent",
        )
    ]


def on_hold(now_is: Situation) -> list[Need]:
    """Name the sign-ups that somebody has to decide about."""
    number = now_is.balance.by_state[SignupState.HELD]
    if not number:
        return []
    title = ngettext(
        "%(num)s sign-up is on hold", "%(num)s sign-ups are on hold", number
    )
    return [
        Need(
            gettext("%(what)s until you decide.", what=title),
            title,
            _(
                "These people unsubscribed earlier, or something about their sign-up was"
                " unusual. You decide."
            ),
            url_for("dashboard.signups", state=SignupState.HELD),
            _("Decide"),
            "warn",
        )
    ]


def what_is_gone(now_is: Situation) -> list[Need]:
    """Name deleted lists and fields that open forms still use."""
    number = now_is.number_of_gone
    needs = []
    for use in now_is.uses_of_gone:
        sentence = _of_use(use)
        headline = sentence
        if number > 1:
            headline = gettext(
                "%(num)s lists or fields that forms use were deleted at Constant"
                " Contact.",
                num=number,
            )
        title = gettext("A list was deleted at Constant Contact")
        if use.what == "field":
            title = gettext("A custom field was deleted at Constant Contact")
        page = url_for("dashboard.share_form", form_id=use.form_id)
        needs.append(Need(headline, title, sentence, page, _("View form"), "urgent"))
    return needs


def _of_use(use: Use) -> str:
    names = {"name": use.name, "form": use.form_name}
    if use.what == "field":
        return str(
            gettext(
                "The custom field “%(name)s” was deleted at Constant Contact, but the"
                " form “%(form)s” still asks for it.",
                **names,
            )
        )
    return str(
        gettext(
            "The list “%(name)s” was deleted at Constant Contact, but the form"
            " “%(form)s” still adds people to it.",
            **names,
        )
    )


def failed_imports(now_is: Situation) -> list[Need]:
    """Name imports that did not go through whole."""
    failed = [one for one in now_is.imports if one.state == ImportState.FAILED]
    headline = ngettext(
        "An import for %(account)s finished with errors.",
        "%(num)s imports finished with errors.",
        len(failed),
        account=failed[0].account if failed else "",
    )
    return [
        Need(
            headline,
            gettext("An import finished with errors"),
            gettext("“%(file)s” for %(account)s.", file=one.file, account=one.account),
            _import_page(one),
            _("See what happened"),
            "urgent",
        )
        for one in failed
    ]


def checked_imports(now_is: Situation) -> list[Need]:
    """Name imports that were checked and that nobody has begun."""
    return [
        Need(
            "",
            gettext("An import is ready"),
            ngettext(
                "“%(file)s” for %(account)s was checked: %(num)s contact can be"
                " imported.",
                "“%(file)s” for %(account)s was checked: %(num)s contacts can be"
                " imported.",
                one.good,
                file=one.file,
                account=one.account,
            ),
            _import_page(one),
            _("Review import"),
            "info",
        )
        for one in now_is.imports
        if one.state == ImportState.CHECKED
    ]


def _import_page(one: ImportForSomebody) -> str:
    return url_for("dashboard.contact_import", import_id=one.id)


def undelivered_mails(now_is: Situation) -> list[Need]:
    """Warn of emails that do not go out: else nobody would know that none did."""
    sentences = []
    if late := now_is.mails_late:
        sentences.append(
            ngettext(
                "%(num)s email has been waiting for more than ten minutes.",
                "%(num)s emails have been waiting for more than ten minutes.",
                late,
            )
        )
    if given_up := now_is.mails_given_up:
        sentences.append(
            ngettext(
                "%(num)s email could not be sent in the last seven days.",
                "%(num)s emails could not be sent in the last seven days.",
                given_up,
            )
        )
    if not sentences:
        return []
    return [
        Need(
            gettext("Some emails were not delivered."),
            gettext("Some emails were not delivered"),
            " ".join(sentences),
            url_for("dashboard.setup", _anchor="mail"),
            _("View emails"),
            "warn",
        )
    ]


def attacks(now_is: Situation) -> list[Need]:
    """Tell of forms that get far more sign-ups than usual; it ends by itself."""
    number = len(now_is.attacked)
    headline = ""
    if number:
        headline = ngettext(
            "The form “%(form)s” is getting far more sign-ups than usual.",
            "%(num)s forms are getting far more sign-ups than usual.",
            number,
            form=now_is.attacked[0].name,
        )
    return [
        Need(
            headline,
            gettext("Far more sign-ups than usual"),
            sentence_on_attack(form),
            batch_of(form),
            _("Review sign-ups"),
            "warn",
        )
        for form in now_is.attacked
    ]


def not_as_sent(now_is: Situation) -> list[Need]:
    """Warn when Constant Contact does not hold what it took as it was sent."""
    number = len(now_is.drifted)
    if not number:
        return []
    text = ngettext(
        "Latchkey checked %(read)s delivered sign-ups in the last seven days. %(num)s"
        " was missing or not on its lists. Somebody may have changed it at Constant"
        " Contact.",
        "Latchkey checked %(read)s delivered sign-ups in the last seven days. %(num)s"
        " were missing or not on their lists. Somebody may have changed them at"
        " Constant Contact.",
        number,
        read=now_is.read_back,
    )
    headline = ngettext(
        "%(num)s delivered sign-up is no longer as it was sent.",
        "%(num)s delivered sign-ups are no longer as they were sent.",
        number,
    )
    return [
        Need(
            headline,
            gettext("Some delivered sign-ups have changed"),
            text,
            url_for("dashboard.signup", signup_id=now_is.drifted[0]),
            _("View the newest"),
            "warn",
        )
    ]


def better_protection(now_is: Situation) -> list[Need]:
    """Offer better protection to forms that are older than it."""
    number = len(now_is.unprotected)
    if not number:
        return []
    title = ngettext(
        "%(num)s form can be protected better",
        "%(num)s forms can be protected better",
        number,
    )
    text = gettext(
        "Unusual sign-ups would be asked to confirm by email, and strangers couldn’t"
        " change what you know about your contacts. It takes one click per form."
    )
    page = url_for("dashboard.share_form", form_id=now_is.unprotected[0])
    return [Need("", title, text, page, _("View the first"), "info")]
