"""The visitor's story: a filled-in form → stored.

Read: page (the door) → questions (the form and its checks) → ticket (the signed form token) →
intake (one short transaction) → models.
Has no key to `constant_contact`: the code that serves a visitor cannot wait for the provider.
"""

from app.signups.page import blueprint

__all__ = ["blueprint"]
