"""Rows of a form: what a visitor is shown, and every wording of consent it ever had."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Account
from app.db import Model, UtcTime, new_id


class Form(Model):
    """A sign-up form. `id` is public and short: it is in the address that gets pasted."""

    __tablename__ = "form"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(120))
    heading: Mapped[str] = mapped_column(String(120))
    intro: Mapped[str] = mapped_column(Text, default="")
    button: Mapped[str] = mapped_column(String(60))
    success: Mapped[str] = mapped_column(Text)
    fields: Mapped[Any] = mapped_column(JSON)          # [{"key", "label", "required", "custom_field_id"?}], in order
    lists: Mapped[Any] = mapped_column(JSON)           # [{"list_id", "label"}]
    visitor_chooses: Mapped[bool] = mapped_column(default=False)
    consent_id: Mapped[str] = mapped_column(String(36))  # the wording shown now
    open: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)

    account: Mapped[Account] = relationship()

    __table_args__ = (Index("ix_form_account_id_name", "account_id", "name"), Index("ix_form_name", "name", "id"))


class ConsentWording(Model):
    """A consent sentence as it was shown. Append-only: a change of words is a new row."""

    __tablename__ = "consent_wording"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    form_id: Mapped[str] = mapped_column(ForeignKey("form.id", ondelete="CASCADE"))
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (Index("uq_consent_wording_form_id_version", "form_id", "version", unique=True),)
