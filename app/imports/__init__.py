"""A file of existing contacts → the provider's bulk jobs → what came of them.

Read: receiving (a file comes in) → tables, text, workbook, cells (its rows) → columns,
values, rows (what may stand in them) → deciding (what people choose) → work (a worker's
step) → checking, parts → sending, following → fate (what it has come to) → claims (who
may act) → files, housekeeping, models. Pages: looking. The import's row is the queue:
`due_at` is also the lease, and every write of a worker names its claim. Each part is in
exactly one of the provider's activities, whoever dies when.
"""

from flask import Flask

from app.imports import step


def init(app: Flask) -> None:
    """Let workers of this app know of the work that is done here."""
    app.extensions.setdefault("latchkey.work", {})["imports"] = step.step
