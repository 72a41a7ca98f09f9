"""Rows of the owner's story, from accounts and token sets to links and facts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database.session import Model, UtcTime, new_id

NO_TROUBLE: dict[str, Any] = {
    "trouble": None,
    "trouble_since": None,
    "trouble_detail": "",
    "trouble_count": 0,
    "hold_until": None,
}


IS_GONE = text("gone_at IS NOT NULL")


def _gone(table: str) -> Index:
    """Index the few rows that are gone at the provider."""
    return Index(
        f"ix_{table}_gone_at",
        "gone_at",
        sqlite_where=IS_GONE,
        postgresql_where=IS_GONE,
    )


class Account(Model):
    """A connected Constant Contact account.

    Its identity is the provider's `encoded_account_id`.
    """

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    provider_id: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    login: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    connected_at: Mapped[datetime] = mapped_column(UtcTime)
    disconnected_at: Mapped[datetime | None] = mapped_column(UtcTime)
    facts_read_at: Mapped[datetime | None] = mapped_column(UtcTime)
    facts_reader: Mapped[str | None] = mapped_column(String(16))
    # by a reader, or for nobody after a read that failed
    facts_leased_until: Mapped[datetime | None] = mapped_column(UtcTime)
    # of its owner, for notices
    notify_email: Mapped[str] = mapped_column(
        String(254), default="", server_default=""
    )
    # as the provider has it, one line each; forms show it under their button
    postal_address: Mapped[str] = mapped_column(Text, default="", server_default="")
    # what an admin wrote instead of the provider's name and address
    sender_name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    sender_address: Mapped[str] = mapped_column(Text, default="", server_default="")
    # at the last look
    privileges_missing: Mapped[str] = mapped_column(
        String(255), default="", server_default=""
    )

    # While an account is in trouble its sign-ups wait until `hold_until`, then one of
    # them is the probe.
    trouble: Mapped[str | None] = mapped_column(String(40))
    trouble_since: Mapped[datetime | None] = mapped_column(UtcTime)
    trouble_detail: Mapped[str] = mapped_column(Text, default="")
    trouble_count: Mapped[int] = mapped_column(default=0)
    hold_until: Mapped[datetime | None] = mapped_column(UtcTime)

    # when one of its sign-ups was last taken: fair turns
    turn_at: Mapped[datetime | None] = mapped_column(UtcTime)

    # Who opted out is mirrored as keyed hashes, read on from `optouts_upto`.
    optouts_read_at: Mapped[datetime | None] = mapped_column(UtcTime)
    # the newest opt-out known, in the provider's time
    optouts_upto: Mapped[datetime | None] = mapped_column(UtcTime)
    # which of our keys the hashes were made with; None until all are read
    optouts_key: Mapped[str | None] = mapped_column(String(16))
    optouts_reader: Mapped[str | None] = mapped_column(String(16))
    optouts_leased_until: Mapped[datetime | None] = mapped_column(UtcTime)

    token_set: Mapped["TokenSet | None"] = relationship(
        back_populates="account", uselist=False
    )
    lists: Mapped[list["AccountList"]] = relationship(order_by="AccountList.name")
    fields: Mapped[list["AccountField"]] = relationship(order_by="AccountField.label")

    def end_trouble(self) -> None:
        for name, value in NO_TROUBLE.items():
            setattr(self, name, value)


class TokenSet(Model):
    """One account's access and refresh token, encrypted.

    With the lease and the intent of the refresh under way.
    """

    __tablename__ = "token_set"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), unique=True
    )
    # new at each authorization, so that the newest consent wins
    grant_id: Mapped[str] = mapped_column(String(36))
    version: Mapped[int] = mapped_column(default=1)  # grows with every stored pair
    access_token: Mapped[str] = mapped_column(Text)
    refresh_token: Mapped[str] = mapped_column(Text)
    # rotating, long_lived, unknown
    kind: Mapped[str] = mapped_column(String(12), default="unknown")
    scopes: Mapped[str] = mapped_column(String(255), default="")
    obtained_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    refresh_due_at: Mapped[datetime] = mapped_column(UtcTime, index=True)

    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    lease_by: Mapped[str | None] = mapped_column(String(80))
    # the first time that the refresh token was offered
    intent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    intent_fingerprint: Mapped[str | None] = mapped_column(String(64))
    # of a renewal whose answer was lost
    replays: Mapped[int] = mapped_column(default=0, server_default="0")

    failures: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None] = mapped_column(String(40))
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcTime)
    # the provider said invalid_grant to this version
    refused_at: Mapped[datetime | None] = mapped_column(UtcTime)

    # what the last look at it found: words.SIGNATURES
    signature: Mapped[str | None] = mapped_column(String(20))
    signature_at: Mapped[datetime | None] = mapped_column(UtcTime)
    # scopes as the provider tells; "" if it will not
    token_info: Mapped[str | None] = mapped_column(String(255))

    account: Mapped[Account] = relationship(back_populates="token_set")

    # All that an account's health hangs on, apart from the long tokens.
    __table_args__ = (
        Index(
            "ix_token_set_health",
            "account_id",
            "refused_at",
            "failures",
            "failure",
            "refresh_due_at",
        ),
    )


class StoredApiKey(Model):
    """The API key that was entered on the setup page, its secret sealed.

    There is at most one row.
    """

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(80))
    client_secret: Mapped[str] = mapped_column(Text)
    stored_at: Mapped[datetime] = mapped_column(UtcTime)
    stored_by: Mapped[str] = mapped_column(String(254))


class ConnectLink(Model):
    """An invitation for an owner: labelled, expiring, single use, revocable.

    Only its digest is kept. `account_id` is the account that it connected; before that,
    the one it has to be used for, if any.
    """

    __tablename__ = "connect_link"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(120))
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    account_id: Mapped[str | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL")
    )
    # by anybody but an admin, while it could be used
    opened_at: Mapped[datetime | None] = mapped_column(UtcTime)
    last_opened_at: Mapped[datetime | None] = mapped_column(UtcTime)
    # the mail that it was sent in, if any
    notice_id: Mapped[str | None] = mapped_column(String(36))

    account: Mapped[Account | None] = relationship()


class OwnerPage(Model):
    """A link to an account's status page, for its owner: lasting, revocable, renewable.

    Only its digest is kept.
    """

    __tablename__ = "owner_page"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)

    account: Mapped[Account] = relationship()


class AuthorizationTransaction(Model):
    """One trip to the provider and back, bound to one browser, burnt once."""

    __tablename__ = "authorization_transaction"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    state_digest: Mapped[str] = mapped_column(String(64), unique=True)
    browser_digest: Mapped[str] = mapped_column(String(64))
    code_verifier: Mapped[str | None] = mapped_column(Text)
    redirect_uri: Mapped[str] = mapped_column(String(400))
    link_id: Mapped[str | None] = mapped_column(
        ForeignKey("connect_link.id", ondelete="SET NULL")
    )
    owner_page_id: Mapped[str | None] = mapped_column(
        ForeignKey("owner_page.id", ondelete="SET NULL")
    )
    for_account_id: Mapped[str | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL")
    )
    # the admin who began it, neither by a link nor on a status page
    user_id: Mapped[str | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE")
    )
    created_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    burnt_at: Mapped[datetime | None] = mapped_column(UtcTime)
    outcome: Mapped[str | None] = mapped_column(String(40))
    account_id: Mapped[str | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL")
    )
    # what was ticked off, when it ended well
    checklist: Mapped[Any] = mapped_column(JSON, default=list)
    # what is said beside the reason, when it did not: {"detail": words, …}
    details: Mapped[Any] = mapped_column(JSON, default=dict, server_default="{}")
    # The token set that came back, encrypted, until it is an account's or of no use.
    granted: Mapped[str | None] = mapped_column(Text)
    granted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcTime)
    finisher: Mapped[str | None] = mapped_column(String(16))


class AccountList(Model):
    """A contact list as the provider last showed it."""

    __tablename__ = "account_list"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE")
    )
    list_id: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(255))
    gone_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        Index(
            "uq_account_list_account_id_list_id", "account_id", "list_id", unique=True
        ),
        _gone("account_list"),
    )


class AccountField(Model):
    """A custom field as the provider last showed it."""

    __tablename__ = "account_field"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE")
    )
    custom_field_id: Mapped[str] = mapped_column(String(36))
    label: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(20))
    # {"choices": [label], "display"?, …}
    details: Mapped[Any] = mapped_column(JSON, default=dict, server_default="{}")
    gone_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        Index(
            "uq_account_field_account_id_custom_field_id",
            "account_id",
            "custom_field_id",
            unique=True,
        ),
        _gone("account_field"),
    )


class AccountEvent(Model):
    """One line of an account's life, shown as its timeline: connected, refreshed, …"""

    __tablename__ = "account_occurrence"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE")
    )
    at: Mapped[datetime] = mapped_column(UtcTime)
    what: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (Index("ix_account_occurrence_account_id_at", "account_id", "at"),)
