"""How is it going, and what needs me? Sees all, decides little.

Read: overview, accounts, connections, moving, forms, signups, setup (the doors), owner (the one for account owners)
→ life (an account's timeline) → queries (reads only).
"""

from app.dashboard import accounts, connections, forms, moving, operations, overview, owner, setup, signups
from app.dashboard.blueprint import blueprint

__all__ = ["accounts", "blueprint", "connections", "forms", "moving", "operations", "overview", "owner", "setup",
           "signups"]
