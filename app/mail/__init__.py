"""Telling people by mail, durably: stored first, then handed to the mail server.

Read: models → letters (one mail as a message) → outbox (put, and what the setup page
and the overview ask) → post (due → sent) → mail (the server). It knows addresses and
texts, not accounts: who asks for a mail composes it.
"""

from app.mail.outbox import newest, trouble

__all__ = ["newest", "trouble"]
