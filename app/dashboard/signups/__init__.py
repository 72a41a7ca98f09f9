"""Sign-ups: find, decide, export.

Read: addresses (of the list) → views (list, decisions) → listing (the list's address
and links) → chips (what narrows it) → batches (all of one kind) → detail (one sign-up)
→ story (of one, in lines) → correct (and resend) → judging (fine or spam) → ask_again
(by mail) → export (CSV) → export_walk (rows in steps) →
export_columns (what stands in them) → evidence (sheets to print).
"""
