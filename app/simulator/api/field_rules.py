"""What a custom field may be created with (contract 5.2)."""

import re
from typing import Any

from app.simulator.api.complaints import Complaints, without_nulls
from app.simulator.errors import invalid

Body = dict[str, Any]
TYPES = (
    "string",
    "date",
    "datetime",
    "number",
    "currency",
    "text_area",
    "boolean",
    "single_select",
    "multi_select",
)
DATES, SELECTS = ("date", "datetime"), ("single_select", "multi_select")
MAX_CHOICES = {"dropdown": 100, "checkbox": 20, "radio": 20}
METADATA = (
    "display_type",
    "allow_negative",
    "decimal_places",
    "currency_code",
    "integer",
    "display_format",
)
CURRENCY = re.compile(r"[A-Z]{3}")


def checked(body: Body) -> Body:
    """Return the known properties, ready to store; 400 names everything that is wrong.

    They are `label`, `type`, `version`, and `metadata` and `choices` if any.
    """
    sent = without_nulls(body)
    complaints = Complaints()
    complaints.filled(sent, "label", 50)
    if not complaints.missing(sent, "type"):
        complaints.word(sent, "type", TYPES)
    complaints.number(sent, "version", 1, 2)
    _check_metadata(complaints, sent)
    _check_choices(complaints, sent)
    if complaints:
        raise invalid(*complaints)
    return _normal(sent)


def _check_metadata(complaints: Complaints, sent: Body) -> None:
    """Complain about a property that contradicts the type.

    Those without a meaning for the type are kept.
    """
    metadata = sent.get("metadata", {})
    if not isinstance(metadata, dict):
        complaints.append("metadata is invalid")
        return
    complaints.word(metadata, "display_type", tuple(MAX_CHOICES), "metadata")
    for name in ("allow_negative", "integer"):
        complaints.flag(metadata, name, "metadata")
    complaints.number(
        metadata, "decimal_places", 0 if metadata.get("integer") else 1, 4, "metadata"
    )
    if not CURRENCY.fullmatch(str(metadata.get("currency_code", "USD"))):
        complaints.append("metadata[currency_code] is invalid")
    complaints.text(metadata, "display_format", None, "metadata")
    if "display_format" in metadata and sent.get("version") == 1:
        complaints.append("metadata[display_format] does not have a valid value")


def _check_choices(complaints: Complaints, sent: Body) -> None:
    """Choices belong to fields to select from, and those need some."""
    if sent.get("type") not in SELECTS:
        complaints.extend(
            ["choices does not have a valid value"] if sent.get("choices") else []
        )
        return
    if not complaints.missing(sent, "choices") and sent["choices"] == []:
        complaints.append("choices is empty")
    for position, choice in enumerate(
        complaints.items(sent, "choices", MAX_CHOICES[_display_type(sent)])
    ):
        complaints.filled(choice, "choice_label", 255, f"choices[{position}]")
        complaints.number(choice, "display_order", 0, 1000, f"choices[{position}]")


def _display_type(sent: Body) -> str:
    """How a field to select from looks when nobody says."""
    usual = "checkbox" if sent["type"] == "multi_select" else "dropdown"
    said = (
        sent["metadata"].get("display_type", usual)
        if isinstance(sent.get("metadata"), dict)
        else usual
    )
    return said if said in tuple(MAX_CHOICES) else usual


def _normal(sent: Body) -> Body:
    kind = sent["type"]
    metadata = {
        name: value
        for name, value in sent.get("metadata", {}).items()
        if name in METADATA
    }
    field = {"label": sent["label"], "name": name_of(sent["label"]), "type": kind}
    field["version"] = sent.get("version", 2 if kind in DATES else 1)
    if kind in SELECTS:
        metadata["display_type"] = _display_type(sent)
        field["choices"] = sent["choices"]
    return field | ({"metadata": metadata} if metadata else {})


def name_of(label: str) -> str:
    """Lower case, blanks as underscores (contract 9.1)."""
    return label.lower().replace(" ", "_")
