"""The owner's story: one click → a token set → kept fresh for years.

Read: models → api_key (of this installation) → seal (does the key at hand fit) → links
(invitations) and owner_pages (status pages) → connect (the door: authorize redirect and
callback) → authorization (the transaction behind it) → welcome (from a code to a
connected account) → tokens (one refresh at a time) → renewal (a refresh, from its lease
to what came of it) → token_set (its rows) → calling → facts (lists and fields as last
read) and rights → checkup (looked at daily) → health (one word for an account's state)
→ disconnect → telling (who is told of it). May touch `constant_contact`, `notices`,
`people`. `forms` and `signups` see only `facts`.
"""
