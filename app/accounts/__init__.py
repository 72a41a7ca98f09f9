"""The owner's story: one click → a token set → kept fresh for years.

Read: models → api_key (of this installation) → seal (does the key at hand fit) → links (invitations) → connect
(the door: authorize redirect and callback) → authorization (the transaction behind it) → welcome (from a code to a
connected account) → tokens (one refresh at a time) → renewal and token_set (how) → facts (lists and fields as
last read) → checkup (both looked at daily) → health (one word for an account's state).
May touch `constant_contact`. `forms` and `signups` see only `facts`.
"""
