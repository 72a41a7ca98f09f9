"""`flask latchkey …`: the operator's commands.

Read: commands (worker, simulator, migrate, keys) → users (people who may sign in) →
doctor/ (what is wrong with this installation).
"""
