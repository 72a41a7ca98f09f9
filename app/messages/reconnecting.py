"""The message that goes with a reconnect link, ready for an admin to send."""

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

# what happened to the connection, by an account's reason; else by its state
WHY: dict[str, LazyString] = {
    "privileges_missing": _(
        "The login that connected it can no longer add contacts. Please sign in as the"
        " account owner or an account manager."
    ),
    "unused": _(
        "Constant Contact ended the connection because it was not used for 180 days."
    ),
    "needs_owner": _("Constant Contact ended the connection."),
    "disconnected": _("It was disconnected."),
}
WHY["forbidden"] = WHY["privileges_missing"]


def message(
    account: str, state: str, reason: str | None, waiting: str, link: str, until: str
) -> str:
    """Return the text: what happened, who waits, and the link."""
    paragraphs = [
        gettext("Hello,"),
        gettext(
            "Please reconnect the Constant Contact account %(name)s.", name=account
        ),
    ]
    why = WHY.get(reason or "") or WHY.get(state)
    if why:
        paragraphs[1] = f"{paragraphs[1]} {why}"
    if waiting:
        paragraphs.append(waiting)
    paragraphs += [
        f"{gettext('This link takes you there. It takes about a minute:')}\n{link}",
        gettext(
            "The link works once, for this account only, and expires on %(date)s.",
            date=until,
        ),
    ]
    return "\n\n".join(paragraphs)
