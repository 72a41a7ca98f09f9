"""The filters of the contact search (contract 5.1).

Each is a rule; a contact must pass them all.
"""

from collections.abc import Callable

from app.simulator.api.consent import permission_of
from app.simulator.api.lists import active
from app.simulator.api.paging import Rule
from app.simulator.api.questions import ids, moment, several
from app.simulator.clock import epoch
from app.simulator.models import Resource

STATUSES = (
    "all",
    "active",
    "deleted",
    "not_set",
    "pending_confirmation",
    "temp_hold",
    "unsubscribed",
)
SMS_STATUSES = ("all", "explicit", "unsubscribed", "pending_confirmation", "not_set")


def rule(sent: dict[str, str]) -> Rule:
    """All filters as one."""
    rules = [
        _status_rule(several(sent, "status", STATUSES)),
        *_sms_rules(sent),
        *_id_rules(sent),
        *_time_rules(sent),
    ]
    return lambda contact: all(passes(contact) for passes in rules)


def _status_rule(wanted: list[str]) -> Rule:
    if "all" in wanted:
        return lambda _: True
    if not wanted:
        return lambda contact: "deleted_at" not in contact
    return lambda contact: status(contact) in wanted


def status(contact: Resource) -> str:
    """The one word of the status filter that fits a contact."""
    if "deleted_at" in contact:
        return "deleted"
    return "active" if active(contact) else permission_of(contact)


def _sms_rules(sent: dict[str, str]) -> list[Rule]:
    """Return the rules for `sms_status`.

    `all` asks for nothing. A contact without a number, or with a consent that the
    filter has no word for, is `not_set`.
    """
    wanted = several(sent, "sms_status", SMS_STATUSES)
    return (
        [lambda contact: _sms_status(contact) in wanted]
        if wanted and "all" not in wanted
        else []
    )


def _sms_status(contact: Resource) -> str:
    consents = contact.get("sms_channel", {}).get("sms_channel_consents", [])
    permission = consents[0]["sms_consent_permission"] if consents else ""
    return permission if permission in SMS_STATUSES[1:] else "not_set"


def _id_rules(sent: dict[str, str]) -> list[Rule]:
    lists, tags = set(ids(sent, "lists", 25)), set(ids(sent, "tags", 50))
    rules: list[Rule] = []
    if lists:
        rules.append(lambda contact: bool(lists & set(contact["list_memberships"])))
    if tags:
        rules.append(lambda contact: bool(tags & set(contact["taggings"])))
    return rules


def _time_rules(sent: dict[str, str]) -> list[Rule]:
    times: dict[str, Callable[[Resource], str | None]] = {
        "created": lambda contact: contact["created_at"],
        "updated": lambda contact: contact["updated_at"],
        "optout": lambda contact: contact.get("email_address", {}).get("opt_out_date"),
    }
    rules: list[Rule] = []
    for name, of in times.items():
        after, before = moment(sent, f"{name}_after"), moment(sent, f"{name}_before")
        if after is not None or before is not None:
            rules.append(_between(of, after, before))
    return rules


def _between(
    of: Callable[[Resource], str | None], after: float | None, before: float | None
) -> Rule:
    def passes(contact: Resource) -> bool:
        text = of(contact)
        at = epoch(text) if text else None
        return (
            at is not None
            and (after is None or at > after)
            and (before is None or at < before)
        )

    return passes
