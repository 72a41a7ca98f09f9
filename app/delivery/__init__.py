"""Stored → delivered: where a sign-up and a token meet.

The sign-up row is the queue: `due_at` is also the lease, and settling names the
attempt, so a worker that died or overslept changes nothing.

Files in reading order:

- models: signs of life, opt-outs, what was read back
- deliver: one sign-up, one outcome
- exact_update, merging: a contact looked up and put back whole
- outcomes: what can come of an attempt
- claims: who may act on a sign-up, and what became of it
- unconfirmed: what of a sign-up may be sent before its person confirmed
- own_trouble: told from trouble of its account
- queue_order: whose turn it is
- breaker: who waits while an account or the provider is in trouble
- duplicates: several sign-ups of one person
- optouts, returning: who unsubscribed, mirrored; who of them signed up again
- lookup: what the provider holds of a person
- read_back: a sample of what was delivered, read back
- admin_actions, repair: send again, refuse, close; leave out what is gone
- batches: all of one kind, by one press
- correction: what an admin corrected, sent again
- transfer: forms and sign-ups move to another account

It may touch `signups`, `forms`, `accounts` and `constant_contact`.
"""
