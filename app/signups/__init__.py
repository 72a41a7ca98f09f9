"""The visitor's story: a filled-in form → stored.

Read: page (the door) → flood (at most so many presses) → host, plain (where the form
stands, and posts of forms pasted as HTML) → questions (the form; answers, typed and
mailable are its checks) → ticket (the signed form token) → intake (one short
transaction) → models, clearing (what was left empty on purpose). Beside them: embed
(what other pages load). Has no key to `constant_contact`: the code that serves a
visitor cannot wait for the provider.
"""

from app.signups import embed, views
from app.signups.blueprint import blueprint

__all__ = ["blueprint", "embed", "page"]
