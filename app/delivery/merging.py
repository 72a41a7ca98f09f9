"""What a contact becomes when it is updated exactly.

What the sign-up sends and clears, and all else as it was read. Pure: from a sign-up's
body and a contact to the body of a call, as contact routes take it (contract 5.1).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from app.constant_contact.contacts import CORE, Part, WholeContact
from app.core.contact_rules import join_choices, split_choices

# that a contact keeps
MAX = {
    "list_memberships": 50,
    "custom_fields": 25,
    "phone_numbers": 3,
    "street_addresses": 3,
}
KEY = {
    "custom_fields": "custom_field_id",
    "phone_numbers": "kind",
    "street_addresses": "kind",
}
TAKEN = {  # of what is shown of a part, what is taken back: ids and times are not
    "custom_fields": ("custom_field_id", "value", "choice_ids"),
    "phone_numbers": ("phone_number", "kind"),
    "street_addresses": ("kind", "street", "city", "state", "postal_code", "country"),
}
OF_BIRTHDAY = ("birthday_month", "birthday_day")
USUAL_PHONE = "other"

# of a custom field's id: of a choice's label its id
Choices = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Wish:
    """What a sign-up asks for.

    `core` and `parts` are to be as here, `clear` names what is to be empty. `clear`
    holds names of core properties and `<part>/<key>`: `phone_numbers/mobile`,
    `custom_fields/<id>`.
    """

    core: Part
    lists: list[str]
    parts: dict[str, list[Part]]
    clear: frozenset[str]


def wish_of(body: Mapping[str, Any], choices: Choices) -> Wish:
    """Read a sign-up's body (see `Signup.body`) as a wish.

    With the ids of choices where they are known.
    """
    exactly = body["exactly"]
    clear = set(exactly.get("clear", ()))
    if "birthday" in clear:
        clear = clear - {"birthday"} | set(OF_BIRTHDAY)
    custom_fields = body.get("custom_fields", ())
    parts: dict[str, list[Part]] = {
        "custom_fields": [_custom_field(item, choices) for item in custom_fields],
        "phone_numbers": [],
        "street_addresses": [],
    }
    if body.get("phone_number"):
        kind = exactly.get("phone", USUAL_PHONE)
        phone = {"phone_number": body["phone_number"], "kind": kind}
        parts["phone_numbers"].append(phone)
    if body.get("street_address"):
        parts["street_addresses"].append(body["street_address"])
    return Wish(
        core={name: body[name] for name in CORE if name in body},
        lists=list(dict.fromkeys(body.get("list_memberships", ()))),
        parts=parts,
        clear=frozenset(clear),
    )


def created(wish: Wish, email: str) -> Part:
    """The body that makes a new contact.

    The visitor ticked the form's consent box, so permission is explicit.
    """
    return {
        "email_address": {"address": email, "permission_to_send": "explicit"},
        "create_source": "Contact",
        **wish.core,
        "list_memberships": wish.lists,
        **{name: new for name, new in wish.parts.items() if new},
    }


def revived(contact: WholeContact) -> Part:
    """The body that brings a deleted contact back as it was.

    Only the account may (contract 5.1).
    """
    email = {
        "address": contact.email_address.address,
        "permission_to_send": contact.email_address.permission_to_send,
    }
    return {"update_source": "Account", "email_address": email, **contact.core}


def changed(
    wish: Wish, contact: WholeContact, gone: Collection[str] = ()
) -> Part | None:
    """The body that puts a contact back with what is asked for.

    None when all of it is so already. Every core property goes back, or it would become
    null. Of the parts only those that change: whatever is left out stays, also what
    somebody else writes at the same moment. What the contact has of lists and fields
    that are `gone` does not go back, since it would be refused; what the sign-up asks
    for does, so that somebody is told.
    """
    kept = {name: contact.core[name] for name in contact.core if name not in wish.clear}
    core, parts = kept | wish.core, _changed_parts(wish, contact, gone)
    is_explicit = contact.email_address.permission_to_send == "explicit"
    is_deleted = bool(contact.deleted_at)
    if is_explicit and not parts and core == contact.core and not is_deleted:
        return None
    body: Part = {"update_source": "Contact"}
    if is_deleted:
        body["update_source"] = "Account"
    if not is_explicit:
        body["email_address"] = {
            "address": contact.email_address.address,
            "permission_to_send": "explicit",
        }
    return {**body, **core, **parts}


def _changed_parts(wish: Wish, contact: WholeContact, gone: Collection[str]) -> Part:
    parts: Part = {}
    for name in KEY:
        entries = _part(name, wish, contact, gone)
        if entries is not None:
            parts[name] = entries
    lists = contact.list_memberships
    if contact.deleted_at or contact.opted_out:
        lists = []  # who left is on none
    new = [id for id in wish.lists if id not in lists]
    if new:
        parts["list_memberships"] = [id for id in lists if id not in gone] + new
    return parts


def too_full(body: Part) -> str:
    """Name what a contact would have more of than it can keep, for the operator.

    Empty when it fits.
    """
    return ", ".join(
        f"{name}: {len(body[name])} of {most}"
        for name, most in MAX.items()
        if len(body.get(name, ())) > most
    )


def _part(
    name: str, wish: Wish, contact: WholeContact, gone: Collection[str]
) -> list[Part] | None:
    """A part as it shall be; None when it is so.

    One entry of a kind or field is set, and all of one are cleared.
    """
    key, asked_for = KEY[name], wish.parts[name]
    before = [_taken(name, entry) for entry in getattr(contact, name)]
    after = [entry for entry in before if f"{name}/{entry.get(key)}" not in wish.clear]
    for new in asked_for:
        if not any(_comparable(old) == _comparable(new) for old in after):
            _set(after, key, new)
    if after == before:
        return None
    return [
        entry for entry in after if entry.get(key) not in gone or entry in asked_for
    ]


def _set(entries: list[Part], key: str, new: Part) -> None:
    """Put an entry in the place of the first of its kind or field, or behind all."""
    for number, old in enumerate(entries):
        if old.get(key) == new[key]:
            entries[number] = new
            return
    entries.append(new)


def _taken(name: str, entry: Part) -> Part:
    """An entry as it goes back; of a custom field made of choices their ids alone."""
    taken = {part: entry[part] for part in TAKEN[name] if entry.get(part) is not None}
    if taken.get("choice_ids"):
        taken.pop("value", None)
    elif "value" in taken:
        taken.pop("choice_ids", None)
    return taken


def _comparable(entry: Part) -> Part:
    """An entry without what is empty, its choices sorted and as texts."""
    comparable = {part: value for part, value in entry.items() if value}
    for part, value in comparable.items():
        if isinstance(value, list):
            comparable[part] = sorted(map(str, value))
    return comparable


def _custom_field(item: Mapping[str, str], choices: Choices) -> Part:
    """Name choices by their ids, as contact routes know them.

    By their labels only where an id is not known.
    """
    id, value = item["custom_field_id"], item["value"]
    ids = choices.get(id, {})
    labels = split_choices(value, tuple(ids))
    if not labels or join_choices(labels) != value:
        return {"custom_field_id": id, "value": value}
    return {"custom_field_id": id, "choice_ids": [ids[label] for label in labels]}
