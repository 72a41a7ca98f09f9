"""What a contact becomes when it is updated exactly: what the sign-up sends and clears,
and all else as it was read.

Pure: from a sign-up's body and a contact to the body of a call, as contact routes take
it (contract 5.1).
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
    """What a sign-up asks for: `core` and `parts` are to be as here, `clear` names what
    is to be empty.

    `clear` holds names of core properties and `<part>/<key>`: `phone_numbers/mobile`,
    `custom_fields/<id>`.
    """

    core: Part
    lists: list[str]
    parts: dict[str, list[Part]]
    clear: frozenset[str]


def wish_of(body: Mapping[str, Any], choices: Choices) -> Wish:
    """What a sign-up's body says (see `Signup.body`), with the ids of choices where
    they are known.
    """
    exactly = body["exactly"]
    clear = {
        name
        for said in exactly.get("clear", ())
        for name in (OF_BIRTHDAY if said == "birthday" else (said,))
    }
    phone, street = body.get("phone_number"), body.get("street_address")
    return Wish(
        core={name: body[name] for name in CORE if name in body},
        lists=list(dict.fromkeys(body.get("list_memberships", ()))),
        parts={
            "custom_fields": [
                _custom_field(item, choices) for item in body.get("custom_fields", ())
            ],
            "phone_numbers": (
                [{"phone_number": phone, "kind": exactly.get("phone", USUAL_PHONE)}]
                if phone
                else []
            ),
            "street_addresses": [street] if street else [],
        },
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
    """The body that brings a deleted contact back as it was: only the account may
    (contract 5.1).
    """
    email = {
        "address": contact.email_address.address,
        "permission_to_send": contact.email_address.permission_to_send,
    }
    return {"update_source": "Account", "email_address": email, **contact.core}


def changed(
    wish: Wish, contact: WholeContact, gone: Collection[str] = ()
) -> Part | None:
    """The body that puts a contact back with what is asked for; None when all of it is
    so already.

    Every core property goes back, or it would become null. Of the parts only those that
    change: whatever is left out stays, also what somebody else writes at the same
    moment. What the contact has of lists and fields that are `gone` does not go back,
    since it would be refused; what the sign-up asks for does, so that somebody is told.
    """
    core = {
        name: value for name, value in contact.core.items() if name not in wish.clear
    } | wish.core
    parts: Part = {
        name: after
        for name in KEY
        if (after := _part(name, wish, contact, gone)) is not None
    }
    # who is gone is on none
    held = [] if contact.deleted_at or contact.opted_out else contact.list_memberships
    if new := [id for id in wish.lists if id not in held]:
        parts["list_memberships"] = [id for id in held if id not in gone] + new
    explicit = contact.email_address.permission_to_send == "explicit"
    if explicit and not parts and core == contact.core and not contact.deleted_at:
        return None
    email = {"address": contact.email_address.address, "permission_to_send": "explicit"}
    return {
        "update_source": "Account" if contact.deleted_at else "Contact",
        **({} if explicit else {"email_address": email}),
        **core,
        **parts,
    }


def too_full(body: Part) -> str:
    """What a contact would have more of than it can keep, for the operator; "" when it
    fits.
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
    key, there = KEY[name], [_taken(name, entry) for entry in getattr(contact, name)]
    after = [entry for entry in there if f"{name}/{entry.get(key)}" not in wish.clear]
    for new in wish.parts[name]:
        at = next(
            (at for at, old in enumerate(after) if old.get(key) == new[key]), len(after)
        )
        if any(_said(old) == _said(new) for old in after):
            continue
        after[at : at + 1] = [new]
    if after == there:
        return None
    return [
        entry
        for entry in after
        if entry.get(key) not in gone or entry in wish.parts[name]
    ]


def _taken(name: str, entry: Part) -> Part:
    """An entry as it goes back; of a custom field made of choices their ids alone."""
    found = {part: entry[part] for part in TAKEN[name] if entry.get(part) is not None}
    left = (
        "value" if found.get("choice_ids") else "choice_ids" if "value" in found else ""
    )
    return {part: value for part, value in found.items() if part != left}


def _said(entry: Part) -> Part:
    """What an entry says, for comparing: choices in no order and by texts or numbers,
    and nothing that is empty.
    """
    return {
        part: sorted(map(str, value)) if isinstance(value, list) else value
        for part, value in entry.items()
        if value
    }


def _custom_field(item: Mapping[str, str], choices: Choices) -> Part:
    """Choices by their ids, as contact routes know them; by their labels only where an
    id is not known.
    """
    id, value = item["custom_field_id"], item["value"]
    ids = choices.get(id, {})
    labels = split_choices(value, tuple(ids))
    if not labels or join_choices(labels) != value:
        return {"custom_field_id": id, "value": value}
    return {"custom_field_id": id, "choice_ids": [ids[label] for label in labels]}
