"""Forms: build, share, results.

Read: views (list, build, delete) → building (what the builder's page sends and shows)
→ fields (its rows of fields) → preview → share (snippets) → results.
"""
