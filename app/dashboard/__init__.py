"""How is it going, and what needs me? Sees all, decides little.

Read: overview, accounts, connections, moving, forms (with form_building, form_fields),
form_preview, form_share, form_results, signups, export (with export_walk,
export_columns), imports, import_columns, import_one, setup (the doors), owner (the one
for account owners) → life (an account's timeline) → queries (reads only).
"""

from app.dashboard.accounts import connections, transfer, views
from app.dashboard.blueprint import blueprint
from app.dashboard.forms import preview, results, share, views
from app.dashboard.imports import columns, detail, views
from app.dashboard.overview import views
from app.dashboard.setup import views
from app.dashboard.signups import export, views
from app.monitoring import views
from app.owner import status

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
