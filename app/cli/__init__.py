"""`flask latchkey …`: the operator's commands.

Read: commands (serve, worker, simulator, migrate, keys) → server (waitress, with
deadlines for slow clients) → users (people who may sign in) → doctor/ (what is wrong
with this installation).
"""
