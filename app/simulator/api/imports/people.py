"""A row that is in order, as a contact in the words of `upsert`."""

from app.simulator.api.imports.rows import CUSTOM, KINDS, PARTS, PHONES, field_ids
from app.simulator.api.person_rules import normal_core
from app.simulator.models import Account, Resource

# Imports take longer ones than a contact shows (contract 9.1), so what is beyond is
# cut.
MAX_PHONE, MAX_STREET = 25, 255


def as_contact(
    account: Account, row: Resource, list_ids: list[str], sms_permission: str
) -> Resource:
    """What the row says; lists that were deleted meanwhile are left out."""
    contact = normal_core(row)
    contact["list_memberships"] = [
        each for each in list_ids if "deleted_at" not in account.lists[each]
    ]
    contact["phone_numbers"] = _phone_numbers(row)
    contact["street_addresses"] = _street_addresses(row)
    contact["custom_fields"] = _custom_fields(account, row)
    contact |= {"email_address": row["email"]} if "email" in row else {}
    return contact | (
        {"sms_channel": _sms_channel(row, sms_permission)}
        if "sms_number" in row
        else {}
    )


def _custom_fields(account: Account, row: Resource) -> list[Resource]:
    sent = [name for name in row if name.startswith(CUSTOM)]
    ids = field_ids(account) if sent else {}
    return [{"custom_field_id": ids[name], "value": row[name]} for name in sent]


def _phone_numbers(row: Resource) -> list[Resource]:
    """One of each kind; the column that names it wins over the plain one."""
    sent = {kind: row[name][:MAX_PHONE] for name, kind in PHONES.items() if name in row}
    return [{"phone_number": number, "kind": kind} for kind, number in sent.items()]


def _street_addresses(row: Resource) -> list[Resource]:
    """One of each kind; columns that name it win over plain ones."""
    found: dict[str, Resource] = {}
    for prefix, kind in KINDS.items():
        sent = {part: row[prefix + part] for part in PARTS if prefix + part in row}
        found[kind] = found.get(kind, {}) | sent
    return [_street_address(kind, sent) for kind, sent in found.items() if sent]


def _street_address(kind: str, sent: Resource) -> Resource:
    """The second line of the street follows the first."""
    lines = [sent.pop(part) for part in ("street", "street2") if part in sent]
    sent |= {"street": " ".join(lines)[:MAX_STREET]} if lines else {}
    sent |= {"postal_code": sent.pop("zip")} if "zip" in sent else {}
    return {"kind": kind, **sent}


def _sms_channel(row: Resource, permission: str) -> Resource:
    """Numbers are of the United States; without permission there is no consent."""
    consent = {"sms_consent_permission": "explicit", "consent_type": "promotional_sms"}
    return {
        "sms_address": row["sms_number"].replace("-", ""),
        "dial_code": "1",
        "country_code": "US",
        "sms_channel_consents": [consent] if permission == "explicit" else [],
    }
