"""A bulk import as the simulator holds it; `api/imports` moves it on."""

from dataclasses import dataclass, field
from typing import Literal

from app.simulator.models import Resource

Kind = Literal["import", "list_delete", "add_list_memberships"]
Ending = Literal["completed", "cancelled", "failed", "timed_out"]
COUNTED = (
    "person_count",
    "error_count",
    "correctable_count",
    "cannot_add_to_list_count",
)


@dataclass
class Activity:
    """A bulk job of `size` rows: an import, or one about lists.

    Those still held are due evenly between two moments, then forgotten.
    """

    id: str
    account: str
    list_ids: list[str]
    sms_permission: str
    source_file_name: str | None
    rows: list[Resource]
    size: int
    created_at: float
    starts_at: float
    ends_at: float
    ending: Ending
    kind: Kind = "import"
    done: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    errors: list[str] = field(default_factory=list)

    def state(self, now: float) -> str:
        if now < self.starts_at:
            return "initialized"
        return "processing" if now < self.ends_at else self.ending

    def due(self, now: float) -> int:
        """How many of the rows should be done by now."""
        if now >= self.ends_at:
            return len(self.rows)
        return max(
            0,
            int(
                len(self.rows)
                * (now - self.starts_at)
                / (self.ends_at - self.starts_at)
            ),
        )

    def moment_of(self, row: int) -> float:
        """When a row is due, the first being 1."""
        return self.starts_at + (self.ends_at - self.starts_at) * row / len(self.rows)
