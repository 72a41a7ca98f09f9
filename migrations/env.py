"""Alembic's entry: runs the numbered migrations on the app's own engine, in one
transaction.
"""

from alembic import context

from app.database.patience import unhurried
from app.database.session import db

with db.engine.connect().execution_options(latchkey_write=True) as connection:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        compare_type=True,
    )
    # a large table takes its time
    with context.begin_transaction(), unhurried(connection):
        context.run_migrations()
