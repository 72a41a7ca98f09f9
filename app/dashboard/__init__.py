"""How is it going, and what needs me? Sees all, decides little.

Read: overview, accounts, forms, signups, setup (the doors) → queries (reads only).
"""

from app.dashboard import accounts, forms, operations, overview, setup, signups
from app.dashboard.blueprint import blueprint

__all__ = ["accounts", "blueprint", "forms", "operations", "overview", "setup", "signups"]
