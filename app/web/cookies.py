"""Cookies of a trip to the provider: for an hour, closed to scripts and other sites.

Behind https their names begin with `__Host-`, so that no other host of the domain can
set them.
"""

from flask import Response as FlaskResponse
from flask import request
from werkzeug.wrappers import Response

from app.config.settings import Settings
from app.services import services

SECONDS = 3600
TRIPS = "/connect"


def name_of(name: str, settings: Settings) -> str:
    """Return a cookie's name as browsers know it."""
    if settings.https:
        return f"__Host-{name}"
    return name


def put(response: FlaskResponse | Response, name: str, value: str) -> None:
    """Set a cookie for an hour."""
    settings = services().settings
    path = TRIPS
    if settings.https:
        path = "/"  # which `__Host-` asks for
    response.set_cookie(
        name_of(name, settings),
        value,
        max_age=SECONDS,
        path=path,
        httponly=True,
        secure=settings.https,
        samesite="Lax",
    )


def read(name: str) -> str:
    """Return what this browser brought, or "" for none."""
    return request.cookies.get(name_of(name, services().settings), "")
