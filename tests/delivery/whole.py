"""Contacts that hold as much as they can, and what a form may ask of one: for the
property of updating exactly.
"""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import requests
from hypothesis import strategies as st

from app.accounts import facts, tokens
from app.accounts.api_client import client
from app.accounts.models import Account
from tests.world import PATIENCE, World

NAMES = ("first_name", "last_name", "job_title", "company_name")
PHONE_KINDS, STREET_KINDS = (
    ("home", "work", "mobile", "other"),
    (
        "home",
        "work",
        "other",
    ),
)
PERMISSIONS = ("explicit", "implicit", "pending_confirmation", "temp_hold", "not_set")
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")),
    min_size=1,
    max_size=50,
)
DAY = st.dates().map(str)
BIRTHDAY = st.tuples(st.integers(1, 12), st.integers(1, 28))
STREET = st.fixed_dictionaries(
    {"city": TEXT},
    optional={"street": TEXT, "state": TEXT, "postal_code": TEXT, "country": TEXT},
)
NOTHING, CLEAR = "as it is", "clear it"

Contact = dict[str, Any]


class Provider:
    """An account with 60 lists, 30 custom fields and some tags, as an app sees it that
    may write contacts.
    """

    def __init__(self, world: World, account: Account) -> None:
        self._world, self.account = world, account
        self.client = client(tokens.fresh_token(account.id))
        self._headers = {"Authorization": f"Bearer {tokens.fresh_token(account.id)}"}
        of = world.simulator.state.accounts[account.provider_id]
        for number in range(60 - len(of.lists)):
            self.call(
                "POST",
                "contact_lists",
                {"name": f"List {number}", "description": "", "favorite": False},
            )
        for number in range(30 - len(of.fields)):
            self.call(
                "POST",
                "contact_custom_fields",
                {"label": f"Field {number}", "type": "string"},
            )
        self.lists, self.tags = (
            [id for id, one in of.lists.items() if "deleted_at" not in one],
            list(of.tags),
        )
        self.fields = {
            id: [str(choice["choice_id"]) for choice in field.get("choices", ())]
            for id, field in of.fields.items()
        }
        self.labels = {
            id: {
                str(choice["choice_id"]): choice["choice_label"]
                for choice in field.get("choices", ())
            }
            for id, field in of.fields.items()
        }
        self.several = {
            id for id, field in of.fields.items() if field["type"] == "multi_select"
        }
        facts.read_all(account.id, self.client)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(
            method,
            f"{self._world.simulator.url}/v3/{path}",
            json=body,
            headers=self._headers,
            timeout=PATIENCE,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def holds(self, email: str) -> Contact:
        """All of a contact, as it is kept."""
        return deepcopy(
            self._world.simulator.state.accounts[self.account.provider_id].find(email)
            or {}
        )


def known(there: Provider) -> st.SearchStrategy[Contact]:
    """A contact as POST /contacts takes it, up to all that one can hold."""
    return st.fixed_dictionaries(
        {
            "custom_fields": _values(there, 25),
            "list_memberships": _some(there.lists, 50),
            "taggings": _some(there.tags, 50),
            "notes": st.lists(st.fixed_dictionaries({"content": TEXT}), max_size=2),
            "phone_numbers": st.lists(
                st.fixed_dictionaries(
                    {
                        "phone_number": TEXT.map(lambda text: text[:25]),
                        "kind": st.sampled_from(PHONE_KINDS),
                    }
                ),
                max_size=3,
                unique_by=lambda one: one["kind"],
            ),
            "street_addresses": st.lists(
                st.builds(
                    lambda kind, street: {"kind": kind, **street},
                    st.sampled_from(STREET_KINDS),
                    STREET,
                ),
                max_size=3,
                unique_by=lambda one: one["kind"],
            ),
            "permission": st.sampled_from(PERMISSIONS),
            "deleted": st.sampled_from((False, False, False, True)),
            "birthday": st.none() | BIRTHDAY,
        },
        optional={**dict.fromkeys(NAMES, TEXT), "anniversary": DAY},
    )


def wishes(there: Provider) -> st.SearchStrategy[Contact]:
    """For each property what a form's answer is, or that it is to be cleared, or that
    it is not asked for.
    """

    def one_of(answers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.just(NOTHING) | st.just(CLEAR) | answers

    return st.fixed_dictionaries(
        {
            **dict.fromkeys(NAMES, one_of(TEXT)),
            "anniversary": one_of(DAY),
            "birthday": one_of(BIRTHDAY),
            "custom_fields": _values(there, 3),
            "cleared_fields": _some(list(there.fields), 3),
            "phone": one_of(TEXT.map(lambda text: text[:25])),
            "phone_kind": st.sampled_from(PHONE_KINDS),
            "street": one_of(STREET),
            "street_kind": st.sampled_from(STREET_KINDS),
            "list_memberships": _some(there.lists, 3, least=1),
        }
    )


def body_of(there: Provider, wish: Contact) -> Contact:
    """What a sign-up with these answers stores."""
    sent = {
        name: wish[name]
        for name in (*NAMES, "anniversary")
        if wish[name] not in (NOTHING, CLEAR)
    }
    clear = [
        name for name in (*NAMES, "anniversary", "birthday") if wish[name] == CLEAR
    ]
    if wish["birthday"] not in (NOTHING, CLEAR):
        sent |= dict(
            zip(("birthday_month", "birthday_day"), wish["birthday"], strict=True)
        )
    if wish["phone"] not in (NOTHING, CLEAR):
        sent["phone_number"] = wish["phone"]
    if wish["street"] not in (NOTHING, CLEAR):
        sent["street_address"] = {"kind": wish["street_kind"], **wish["street"]}
    clear += [f"phone_numbers/{wish['phone_kind']}"] if wish["phone"] == CLEAR else []
    clear += (
        [f"street_addresses/{wish['street_kind']}"] if wish["street"] == CLEAR else []
    )
    asked = [
        entry
        for entry in wish["custom_fields"]
        if entry["custom_field_id"] not in wish["cleared_fields"]
    ]
    sent["custom_fields"] = [
        {"custom_field_id": entry["custom_field_id"], "value": _typed(there, entry)}
        for entry in asked
    ]
    clear += [f"custom_fields/{id}" for id in wish["cleared_fields"]]
    return sent | {
        "list_memberships": wish["list_memberships"],
        "exactly": {"clear": clear, "phone": wish["phone_kind"]},
    }


def expected(before: Contact, wish: Contact) -> Contact:
    """What the contact has to say afterwards; by its own rules, written down once more
    and otherwise.
    """
    after = said(before)
    for name in (*NAMES, "anniversary", "birthday"):
        if wish[name] != NOTHING:
            after.pop(name, None)
        if wish[name] not in (NOTHING, CLEAR):
            after[name] = wish[name]
    for id in wish["cleared_fields"]:
        after["custom_fields"].pop(id, None)
    after["custom_fields"] |= {
        id: value
        for id, value in _fields(wish["custom_fields"]).items()
        if id not in wish["cleared_fields"]
    }
    if wish["phone"] != NOTHING:
        after["phones"].pop(wish["phone_kind"], None)
    if wish["phone"] not in (NOTHING, CLEAR):
        after["phones"][wish["phone_kind"]] = wish["phone"]
    if wish["street"] != NOTHING:
        after["streets"].pop(wish["street_kind"], None)
    if wish["street"] not in (NOTHING, CLEAR):
        after["streets"][wish["street_kind"]] = wish["street"]
    after["lists"] |= set(wish["list_memberships"])
    return after | {"permission": "explicit", "deleted": False}


def said(contact: Contact) -> Contact:
    """All that a contact says, without ids and times of its parts; of what no form
    writes all there is.
    """
    found = {name: contact[name] for name in (*NAMES, "anniversary") if name in contact}
    if "birthday_month" in contact:
        found["birthday"] = (contact["birthday_month"], contact["birthday_day"])
    return found | {
        "custom_fields": _fields(contact["custom_fields"]),
        "lists": set(contact["list_memberships"]),
        "phones": {
            one["kind"]: one["phone_number"] for one in contact["phone_numbers"]
        },
        "streets": {
            one["kind"]: {
                name: value
                for name, value in one.items()
                if name in ("street", "city", "state", "postal_code", "country")
            }
            for one in contact["street_addresses"]
        },
        "permission": contact["email_address"]["permission_to_send"],
        "deleted": "deleted_at" in contact,
        **{
            name: contact[name]
            for name in (
                "contact_id",
                "create_source",
                "created_at",
                "taggings",
                "notes",
            )
        },
    }


def is_full(after: Contact) -> bool:
    return (
        len(after["custom_fields"]) > 25
        or len(after["phones"]) > 3
        or len(after["streets"]) > 3
        or len(after["lists"]) > 50
    )


def plant(there: Provider, email: str, holds: Contact) -> Contact:
    """Make this contact; return all that the provider keeps of it."""
    sent = {
        name: value
        for name, value in holds.items()
        if name not in ("permission", "deleted", "birthday")
    }
    if holds["birthday"]:
        sent |= dict(
            zip(("birthday_month", "birthday_day"), holds["birthday"], strict=True)
        )
    sent |= {
        "create_source": "Account",
        "email_address": {"address": email, "permission_to_send": holds["permission"]},
    }
    made = there.call("POST", "contacts", sent)
    if holds["deleted"]:
        there.call("DELETE", f"contacts/{made['contact_id']}")
    return there.holds(email)


def _some(ids: list[str], most: int, least: int = 0) -> st.SearchStrategy[list[str]]:
    """Some of them; often as many as there may be."""
    whole = st.permutations(ids).map(lambda mixed: mixed[:most])
    return (
        st.lists(
            st.sampled_from(ids), min_size=least, max_size=min(most, 5), unique=True
        )
        | whole
    )


def _values(there: Provider, most: int) -> st.SearchStrategy[list[Contact]]:
    """Values of custom fields of every type: texts, or choices."""
    return _some(list(there.fields), most).flatmap(
        lambda ids: st.tuples(*(_value(there, id) for id in ids)).map(list)
    )


def _value(there: Provider, id: str) -> st.SearchStrategy[Contact]:
    choices = there.fields[id]
    if not choices:
        return TEXT.map(lambda text: {"custom_field_id": id, "value": text})
    most = len(choices) if id in there.several else 1
    return st.lists(
        st.sampled_from(choices), min_size=1, max_size=most, unique=True
    ).map(lambda ids: {"custom_field_id": id, "choice_ids": sorted(ids)})


def _typed(there: Provider, entry: Contact) -> str:
    """As a visitor's form has it: choices by their labels, in the order of the form."""
    labels = there.labels[entry["custom_field_id"]]
    return (
        ", ".join(labels[id] for id in entry["choice_ids"])
        if "choice_ids" in entry
        else str(entry["value"])
    )


def _fields(entries: Iterable[Contact]) -> dict[str, Any]:
    return {
        one["custom_field_id"]: (
            sorted(one["choice_ids"]) if "choice_ids" in one else one["value"]
        )
        for one in entries
    }
