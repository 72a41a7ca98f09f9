"""All we know about the Constant Contact V3 API, and nothing about us.

Files in reading order:

- errors: what can go wrong
- http: the one door to the network
- deadline: connections that keep a deadline
- answers: how tolerantly answers are read
- retry_after: how long an answer asks us to wait
- redaction: our secrets blanked in the provider's words
- oauth: authorize, exchange, refresh, claims
- signature: whether the provider signed a token
- probe: an API key tried without a browser
- client: the calls that every account needs
- contacts: a contact read and written whole
- activities: bulk imports

It imports nothing of ours.
"""
