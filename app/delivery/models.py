"""A sign of life from each worker process."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model, UtcTime


class Heartbeat(Model):
    __tablename__ = "heartbeat"

    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
