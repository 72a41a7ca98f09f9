"""Rows of a form: what a visitor is shown, and every wording of consent it ever had."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    false,
    or_,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Account
from app.database.session import Model, UtcTime, new_id


class Confirmation(StrEnum):
    """Whom a form asks by mail to confirm, before anything reaches the provider."""

    OFF = "off"  # nobody; what is suspicious is held
    ON = "on"  # everybody
    SUSPICIOUS = "suspicious"  # whoever screening finds suspicious


class KnownContacts(StrEnum):
    """What a press may do to a contact that the account may know already."""

    UPDATE = "update"  # the answers replace what is known
    # address and lists go at once, answers after the person confirmed
    ADD_ONLY = "add_only"
    ASK_FIRST = "ask_first"  # nothing until the person confirmed


class Form(Model):
    """A sign-up form.

    `id` is public, and short because people paste the address that it is part of.
    """

    __tablename__ = "form"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(120))
    heading: Mapped[str] = mapped_column(String(120))
    intro: Mapped[str] = mapped_column(Text, default="")
    button: Mapped[str] = mapped_column(String(60))
    success: Mapped[str] = mapped_column(Text)
    fields: Mapped[Any] = mapped_column(JSON)  # in order, see `forms/fields.py`
    lists: Mapped[Any] = mapped_column(JSON)  # [{"list_id", "label", "always"?}]
    # the visitor chooses among the lists that are not `always`
    visitor_chooses: Mapped[bool] = mapped_column(default=False)
    # contacts are updated exactly, by two calls
    exactly: Mapped[bool] = mapped_column(default=False, server_default=false())
    consent_id: Mapped[str] = mapped_column(String(36))  # the wording shown now
    # see `forms/theme.py`
    theme: Mapped[Any] = mapped_column(JSON, default=dict, server_default="{}")
    privacy_url: Mapped[str] = mapped_column(String(500), default="", server_default="")
    # where visitors are sent instead of being shown `success`
    redirect_url: Mapped[str] = mapped_column(
        String(500), default="", server_default=""
    )
    # the origins that may show it; all may when there are none
    sites: Mapped[Any] = mapped_column(JSON, default=list, server_default="[]")
    open: Mapped[bool] = mapped_column(default=True)
    # it has never been open
    draft: Mapped[bool] = mapped_column(default=False, server_default=false())
    closes_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_words: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
    # the row stays, so that a deletion can be undone
    deleted_at: Mapped[datetime | None] = mapped_column(UtcTime)

    # who is asked by mail before anything is sent: off, on or suspicious
    confirmation: Mapped[str] = mapped_column(
        String(12), default=Confirmation.OFF, server_default=Confirmation.OFF
    )
    # what may happen to a contact that is known already
    known_contacts: Mapped[str] = mapped_column(
        String(12), default=KnownContacts.UPDATE, server_default=KnownContacts.UPDATE
    )
    # the admin's own wording of the mail; ours where it is ""
    confirm_subject: Mapped[str] = mapped_column(
        String(200), default="", server_default=""
    )
    confirm_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    # where people go after they have confirmed, instead of to our page
    confirm_url: Mapped[str] = mapped_column(String(500), default="", server_default="")
    # one more mail to whoever has not confirmed after some days
    reminds: Mapped[bool] = mapped_column(default=True, server_default=true())
    # organization and postal address stand under the button
    shows_sender: Mapped[bool] = mapped_column(default=False, server_default=false())
    # made before there was any of this: its page offers the recommended choices
    offers_protection: Mapped[bool] = mapped_column(
        default=False, server_default=true()
    )
    # What is going on at the form; a change of these is no change of the form.
    # The limit of people by network is lifted until then.
    event_until: Mapped[datetime | None] = mapped_column(UtcTime)
    attack_since: Mapped[datetime | None] = mapped_column(UtcTime)
    # each moment that looks like an attack moves it on
    attack_until: Mapped[datetime | None] = mapped_column(UtcTime)

    account: Mapped[Account] = relationship()

    __table_args__ = (
        Index("ix_form_account_id_name", "account_id", "name"),
        Index("ix_form_name", "name", "id"),
    )


def is_taking_signups(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Select the forms that visitors can use at this moment."""
    return (
        Form.open.is_(True),
        Form.deleted_at.is_(None),
        or_(Form.closes_at.is_(None), Form.closes_at > now),
    )


class ConsentWording(Model):
    """A consent sentence as it was shown; a change of words is a new row."""

    __tablename__ = "consent_wording"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    form_id: Mapped[str] = mapped_column(ForeignKey("form.id", ondelete="CASCADE"))
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (
        Index("uq_consent_wording_form_id_version", "form_id", "version", unique=True),
    )


class FormView(Model):
    """How often a form was looked at and sent on one day, on one page.

    Only numbers are stored: no visitor can be told from another. The day is that of the
    operator's time zone. `host_page` is an address without its query, "" for the hosted
    page.
    """

    __tablename__ = "form_view"

    form_id: Mapped[str] = mapped_column(
        ForeignKey("form.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    host_page: Mapped[str] = mapped_column(String(200), primary_key=True)
    views: Mapped[int] = mapped_column(default=0, server_default="0")
    signups: Mapped[int] = mapped_column(default=0, server_default="0")


class FormVersion(Model):
    """A form as it looked from one change to the next, for evidence.

    `version` is `Form.updated_at`, which each press names.
    """

    __tablename__ = "form_version"

    form_id: Mapped[str] = mapped_column(
        ForeignKey("form.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    # heading, intro, button, fields, lists, consent_id and so on, by column
    snapshot: Mapped[Any] = mapped_column(JSON)


class FormDay(Model):
    """What happened at a form on one day of the operator: only numbers."""

    __tablename__ = "form_day"

    form_id: Mapped[str] = mapped_column(
        ForeignKey("form.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    # somebody began to fill it in
    begun: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    turned_away: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    held: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    # mails that ask to confirm were sent
    asked: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    confirmed: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    # by the day of the press, of those that are counted (`Signup.counted`)
    delivered: Mapped[int] = mapped_column(default=0, server_default=text("0"))
