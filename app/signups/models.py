"""Rows of the visitor's story: the sign-up, which is also the queue, its attempts, the
tally beside it, and counts.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Account
from app.database.session import Model, UtcTime, new_id
from app.forms.models import ConsentWording, Form


class SignupState(StrEnum):
    WAITING = "waiting"  # due at `due_at`, or leased until then
    CONFIRMING = "confirming"  # the person has to confirm first
    HELD = "held"  # a person must look before it may be sent
    PARKED = "parked"  # cannot be delivered as it is
    DELIVERED = "delivered"
    CLOSED = "closed"  # refused, opted_out, merged, unconfirmed, erased


FINAL = (SignupState.DELIVERED, SignupState.CLOSED)  # nothing changes any more


class Signup(Model):
    """One thanked-for sign-up: the queue, the history and what the admin sees are this
    one row.

    A `body` with `exactly` was pressed on a form that updates exactly, and is never
    sent to sign_up_form: `{"exactly": {"clear": ["job_title", "birthday",
    "custom_fields/<id>", "phone_numbers/mobile", "street_addresses/home"], "phone":
    "mobile"}}` names what was left empty and is to be empty in the contact, and the
    kind of its `phone_number`. Either may be missing.
    """

    __tablename__ = "signup"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    consent_id: Mapped[str] = mapped_column(ForeignKey("consent_wording.id"))
    # the shown form's id and its answers: a double press is one
    press_id: Mapped[str] = mapped_column(String(40))
    email: Mapped[str] = mapped_column(String(80))
    # the address in lower case: one person at the provider
    person: Mapped[str] = mapped_column(String(80))
    # what sign_up_form takes, but for the address; see below
    body: Mapped[Any] = mapped_column(JSON)
    host_page: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    state: Mapped[str] = mapped_column(String(12), default=SignupState.WAITING)
    reason: Mapped[str | None] = mapped_column(String(40))
    # also the fence: who settles must name the attempt
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(UtcTime)
    # a person decided about an opt-out
    may_resubscribe: Mapped[bool] = mapped_column(default=False)
    failing_since: Mapped[datetime | None] = mapped_column(UtcTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    contact_id: Mapped[str | None] = mapped_column(String(36))
    # created, updated or unchanged
    action: Mapped[str | None] = mapped_column(String(20))
    # settled for good, and in `counted`
    counted: Mapped[bool] = mapped_column(server_default=false())

    # how it came, and what screening saw (signups/screening)
    door: Mapped[str] = mapped_column(String(8), default="", server_default="")
    # a keyed hash of the visitor's network, to count by
    network_hash: Mapped[str] = mapped_column(String(32), default="", server_default="")
    # the network as LATCHKEY_KEEP_NETWORKS has it: whole, shortened or ""
    network: Mapped[str] = mapped_column(String(45), default="", server_default="")
    # a proof of work came along
    proven: Mapped[bool] = mapped_column(default=False, server_default=false())
    # the names of signals that spoke: ",no_proof,pasted,"; "" for none
    signals: Mapped[str] = mapped_column(String(250), default="", server_default="")
    # `Form.updated_at` as it was shown: see `FormVersion`
    form_version: Mapped[datetime | None] = mapped_column(UtcTime)
    language: Mapped[str] = mapped_column(String(10), default="", server_default="")
    # only address and lists may be sent until the person confirmed
    lists_only: Mapped[bool] = mapped_column(default=False, server_default=false())
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    # an admin sent it from hold: the person need not confirm
    vouched: Mapped[bool] = mapped_column(default=False, server_default=false())

    form: Mapped[Form] = relationship()
    account: Mapped[Account] = relationship()
    consent: Mapped[ConsentWording] = relationship()
    tries: Mapped[list["Attempt"]] = relationship(
        order_by="Attempt.number", back_populates="signup"
    )
    events: Mapped[list["SignupEvent"]] = relationship(order_by="SignupEvent.at")
    corrections: Mapped[list["Correction"]] = relationship(order_by="Correction.at")

    @property
    def may_send_all(self) -> bool:
        """Whether names and answers may be sent too, not only address and lists."""
        return not self.lists_only or self.is_vouched_for

    @property
    def is_vouched_for(self) -> bool:
        """Whether the person confirmed, or an admin said that it is fine."""
        return self.confirmed_at is not None or self.vouched

    __table_args__ = (
        # in this order: it also finds all that came with one form token
        Index(
            "uq_signup_form_id_press_id_person",
            "form_id",
            "press_id",
            "person",
            unique=True,
            postgresql_ops={"press_id": "text_pattern_ops"},
        ),
        Index("ix_signup_network_hash", "network_hash", "created_at", "person"),
        Index(
            "ix_signup_confirming",
            "due_at",
            sqlite_where=text("state = 'confirming'"),
            postgresql_where=text("state = 'confirming'"),
        ),
        Index(
            "ix_signup_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_signup_person_waiting",
            "account_id",
            "person",
            "created_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_signup_turn",
            "account_id",
            "due_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_signup_person_delivered",
            "account_id",
            "person",
            "settled_at",
            sqlite_where=text("state = 'delivered'"),
            postgresql_where=text("state = 'delivered'"),
        ),
        Index(
            "ix_signup_uncounted",
            "state",
            "created_at",
            "account_id",
            "form_id",
            sqlite_where=text("counted = 0"),
            postgresql_where=text("NOT counted"),
        ),
        Index("ix_signup_form_id_created_at", "form_id", "created_at"),
        Index("ix_signup_created_at", "created_at"),
        Index("ix_signup_state_created_at", "state", "created_at"),
        Index(
            "ix_signup_person", "person", postgresql_ops={"person": "text_pattern_ops"}
        ),
    )


class Attempt(Model):
    """One try at delivering a sign-up, opened by the claim and closed with its verdict."""

    __tablename__ = "attempt"

    signup_id: Mapped[str] = mapped_column(
        ForeignKey("signup.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    outcome: Mapped[str | None] = mapped_column(String(40))
    # the provider's own words, for the operator
    detail: Mapped[str] = mapped_column(Text, default="")
    request_id: Mapped[str] = mapped_column(String(80), default="")

    signup: Mapped[Signup] = relationship(back_populates="tries")

    __table_args__ = (Index("ix_attempt_started_at", "started_at", "outcome"),)


class SignupEvent(Model):
    """Something that a person, or a mail, did to a sign-up; never changed afterwards.

    `what`: asked, reminded, resent, confirmed, not_me, unconfirmed, bounced, released,
    spam, resubscribed, corrected. `detail` has what is worth keeping of it: the
    network, the agent and the seconds since the mail was sent of whoever confirmed;
    the labels of what was corrected, never what they hold (see `Correction`).
    """

    __tablename__ = "signup_event"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    signup_id: Mapped[str] = mapped_column(ForeignKey("signup.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    what: Mapped[str] = mapped_column(String(20))
    # the address of the admin who did it; "" for the person and for Latchkey
    who: Mapped[str] = mapped_column(String(254), default="", server_default="")
    detail: Mapped[Any] = mapped_column(JSON, default=dict, server_default="{}")

    __table_args__ = (Index("ix_signup_event_signup_id", "signup_id", "at"),)


class Correction(Model):
    """What an admin changed in a sign-up; never changed afterwards.

    `before` and `after` are `{"email": …, "body": …}` of the sign-up: what was typed is
    the `before` of the first one.
    """

    __tablename__ = "signup_correction"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    signup_id: Mapped[str] = mapped_column(ForeignKey("signup.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    who: Mapped[str] = mapped_column(String(254))  # the admin's address
    before: Mapped[Any] = mapped_column(JSON)
    after: Mapped[Any] = mapped_column(JSON)

    __table_args__ = (Index("ix_signup_correction_signup_id", "signup_id", "at"),)


class Evidence(Model):
    """What can be shown of one sign-up for years: written once, when it is over.

    `person` is a keyed hash (`signups/people`), so the record outlives the address and
    the answers. `digest` is over `record`.
    """

    __tablename__ = "evidence"

    signup_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcTime)
    record: Mapped[Any] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index("ix_evidence_person", "person", "at"),)


class BlockedAddress(Model):
    """An address, as a keyed hash, whose sign-ups are held.

    On one form for who said "this was not me", on all (`form_id` is "") for spam.
    """

    __tablename__ = "blocked_address"

    person: Mapped[str] = mapped_column(String(64), primary_key=True)
    form_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    why: Mapped[str] = mapped_column(String(20))  # not_me, spam
    who: Mapped[str] = mapped_column(String(254), default="", server_default="")


class MailDomain(Model):
    """Whether a domain can receive mail, as DNS last said.

    `receives` is NULL when it could not be asked.
    """

    __tablename__ = "mail_domain"

    domain: Mapped[str] = mapped_column(String(253), primary_key=True)
    receives: Mapped[bool | None]
    checked_at: Mapped[datetime] = mapped_column(UtcTime)


# Not simply `accepted <> folded`: PostgreSQL takes that to be true of nearly all rows,
# and would read them all.
GAINED = "CASE WHEN accepted = folded THEN 0 ELSE 1 END = 1"


class Tally(Model):
    """How many sign-ups a form accepted on a day of the operator: written with them,
    compared with them, never derived.

    `folded` of them are in `counted` and `counted_day`.
    """

    __tablename__ = "tally"

    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    accepted: Mapped[int] = mapped_column(default=0)
    folded: Mapped[int] = mapped_column(server_default=text("0"))

    __table_args__ = (
        Index(
            "ix_tally_gained",
            "form_id",
            sqlite_where=text(GAINED),
            postgresql_where=text(GAINED),
        ),
    )


class Counted(Model):
    """How many of what changes no more: `state` is a final one, of rows marked so, or
    "accepted", of the tally.

    Counted thrice: of a form and account, of an account with `form_id` "", and of all
    with both "".
    """

    __tablename__ = "counted"

    form_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    state: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[int] = mapped_column(default=0)


class CountedDay(Model):
    """Folded tallies by account, and with "" for all of them, and day."""

    __tablename__ = "counted_day"

    account_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    accepted: Mapped[int] = mapped_column(default=0)


class Searchable(Model):
    """What a sign-up is searched by, of those that are counted: `Signup.counted` and
    this row are written by one transaction (stats/rollup).

    `text` has names and address, folded (`database/folding`). `number` puts them in the
    order of time: microseconds since 1970, one more where two are of the same.
    """

    __tablename__ = "signup_search"

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    )
    signup_id: Mapped[str] = mapped_column(
        ForeignKey("signup.id", ondelete="CASCADE"), unique=True
    )
    account_id: Mapped[str] = mapped_column(String(36))
    text: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index("ix_signup_search_account_id_number", "account_id", "number"),
    )


class SearchFilling(Model):
    """How far the search table is filled with what was counted before there was one.

    From the newest down to this sign-up; no row when all is done.
    """

    __tablename__ = "search_filling"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    before: Mapped[datetime] = mapped_column(UtcTime)
    signup_id: Mapped[str] = mapped_column(String(36))
