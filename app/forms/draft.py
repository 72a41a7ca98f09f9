"""What an admin wants a form to be, before it is checked and saved."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from app.forms.models import Confirmation, KnownContacts

Field = dict[str, Any]  # one of `Form.fields`, see `forms/fields.py`


@dataclass(frozen=True)
class Draft:
    """Every part of a form that an admin can set, by the names of `Form`'s columns.

    `consent` is the sentence itself; the row names a `ConsentWording` instead.
    """

    account_id: str
    name: str
    heading: str
    intro: str
    fields: list[Field]  # what is known of custom fields is filled in
    lists: list[dict[str, Any]]  # [{"list_id", "label", "always"?}]
    visitor_chooses: bool
    consent: str
    button: str
    success: str
    exactly: bool = False  # contacts are updated exactly, by two calls
    open: bool = True
    draft: bool = False
    theme: dict[str, Any] = field(default_factory=dict)
    privacy_url: str = ""
    redirect_url: str = ""
    sites: list[str] = field(default_factory=list)
    closes_at: datetime | None = None
    closed_words: str = ""
    confirmation: str = Confirmation.OFF
    known_contacts: str = KnownContacts.UPDATE
    confirm_subject: str = ""
    confirm_text: str = ""
    confirm_url: str = ""
    reminds: bool = True
    shows_sender: bool = False


# The columns of a form's row that are copied from a draft as they are.
COPIED_COLUMNS = [
    part.name for part in fields(Draft) if part.name not in ("account_id", "consent")
]
