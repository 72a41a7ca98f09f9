"""How is it going, and what needs me? Sees all, decides little.

Read: overview, accounts, connections, moving, forms (with form_building, form_fields),
form_preview, form_share, form_results, signups, export (with export_walk,
export_columns), imports, import_columns, import_one, setup (the doors), owner (the one
for account owners) → life (an account's timeline) → queries (reads only).
"""

from app.dashboard import (
    accounts,
    connections,
    export,
    form_preview,
    form_results,
    form_share,
    forms,
    import_columns,
    import_one,
    imports,
    moving,
    operations,
    overview,
    owner,
    setup,
    signups,
)
from app.dashboard.blueprint import blueprint

__all__ = [
    "accounts",
    "blueprint",
    "connections",
    "export",
    "form_preview",
    "form_results",
    "form_share",
    "forms",
    "import_columns",
    "import_one",
    "imports",
    "moving",
    "operations",
    "overview",
    "owner",
    "setup",
    "signups",
]
