"""Sign-ups: find, decide, export.

Read: views (list, one sign-up, decisions) → listing (the list's address and links) →
chips (what narrows it) → story (of one, in lines) → judging (fine or
spam) → ask_again (by mail) → export (CSV) → export_walk (rows in steps) →
export_columns (what stands in them) → evidence (sheets to print).
"""
