"""All admin pages under one name."""

from flask import Blueprint

blueprint = Blueprint("dashboard", __name__)
