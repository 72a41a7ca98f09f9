"""The visitors' routes.

No address needs a session: what a form carries is its signed token.
"""

from flask import Blueprint

from app import gate

blueprint = Blueprint("signups", __name__)
# no ambient authority to protect: the signed form token does that work
gate.csrf.exempt(blueprint)
