"""Stored → delivered: where a sign-up and a token meet.

Read: worker (threads that look for what is due) → deliver (one sign-up, one verdict) →
exact, merging (a contact looked up and put back whole) → claims (who may act, and what
became of it) → verdicts → models (signs of life). What people do: decisions (send
again, refuse, close) → repair, move (another account takes over), lookup (what the
provider holds of a person). The sign-up row is the queue: `due_at` is also the lease,
and settling names the attempt, so a worker that died or overslept changes nothing.
"""
