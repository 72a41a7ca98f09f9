"""All admin pages under one name."""

from flask import Blueprint

blueprint = Blueprint("dashboard", __name__)

from app.dashboard import accounts, forms, operations, overview, signups  # noqa: E402,F401  # they add the routes
