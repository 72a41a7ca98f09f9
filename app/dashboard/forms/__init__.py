"""Forms: build, share, results.

Read: views (list, build, delete) → building (what the builder's page sends and shows)
→ inputs (its fields) → protection (those that keep strangers out) → contrast (can its
colours be read) → fields (its rows of fields) → moves (the buttons
beside them) → preview → share (snippets) → period (its days) → results → going_on (an
attack, a crowd, protection it could have).
"""
