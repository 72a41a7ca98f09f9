"""Forms: build, share, results.

Read: views (list, build, delete) → building (what the builder's page sends and shows)
→ inputs (its fields) → contrast (can its colours be read)
→ fields (its rows of fields) → preview → share (snippets) → results.
"""
