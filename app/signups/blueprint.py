"""The visitors' routes.

No address needs a session: what a form carries is its signed token.
"""

from flask import Blueprint

from app.web import access

blueprint = Blueprint("signups", __name__)
# no ambient authority to protect: the signed form token does that work
access.csrf.exempt(blueprint)
