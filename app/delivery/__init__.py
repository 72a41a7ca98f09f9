"""Stored → delivered: where a sign-up and a token meet.

Read: worker (threads that look for what is due) → deliver (one sign-up, one verdict) → claims (who may act,
and what became of it) → repair → verdicts → models (signs of life); and lookup (what the provider holds of a person,
when somebody asks) and move (another account takes over).
The sign-up row is the queue: `due_at` is also the lease, and settling names the attempt, so a worker that died
or overslept changes nothing.
"""
