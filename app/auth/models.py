"""Users and roles, in the shape Flask-Security expects."""

from datetime import datetime
from typing import Any

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import JSON, Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database.session import Model, UtcTime, db, new_id

role_of_user = Table(
    "role_of_user",
    db.metadata,
    Column(
        "user_id", ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("role_id", ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Model, RoleMixin):
    __tablename__ = "role"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)  # type: ignore[assignment]  # mixin
    name: Mapped[str] = mapped_column(String(40), unique=True)
    description: Mapped[str] = mapped_column(String(200), default="")
    permissions: Mapped[str | None] = mapped_column(String(200))  # type: ignore[assignment]  # the mixin guesses lists


class User(Model, UserMixin):
    __tablename__ = "user_account"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)  # type: ignore[assignment]  # mixin
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    # of an admin: the email alerts that they do not want (auth/alert_choices)
    alerts_off: Mapped[Any] = mapped_column(JSON, default=list, server_default="[]")
    # how often a summary is sent: off, daily or weekly
    summary: Mapped[str] = mapped_column(String(8), default="off", server_default="off")
    summary_due_at: Mapped[datetime | None] = mapped_column(UtcTime)
    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]  # the mixin knows no Role of ours
        secondary=role_of_user, lazy="joined"
    )


class UserSession(Model):
    """A session of somebody who signed in: it ends when this row goes.

    Only the digest of its id is kept. `seen_at` is written at most every five minutes.
    """

    __tablename__ = "user_session"

    id_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    # where it was begun: an IPv4 address, or a /64 network
    network: Mapped[str] = mapped_column(String(45))
