"""The Flask application: a table of contents."""

from flask import Flask

from app.simulator.api import (
    account,
    contact_writes,
    contacts,
    emails,
    fields,
    list_jobs,
    lists,
    segments,
    sign_up_form,
    tags,
    token_info,
)
from app.simulator.api.imports import activities
from app.simulator.api.imports.progress import work_off
from app.simulator.board import views as board
from app.simulator.clock import Clock, Ticking
from app.simulator.control import views as control
from app.simulator.errors import handle_errors
from app.simulator.front import front
from app.simulator.oauth import activation, authorize, pages, token
from app.simulator.saving import load
from app.simulator.settings import SimulatorSettings
from app.simulator.simulator import Simulator
from app.simulator.traffic import Traffic


def make_app(
    settings: SimulatorSettings | None = None, clock: Ticking | None = None
) -> Flask:
    """Make the WSGI application, loaded from its state file or seeded."""
    app = Flask("app.simulator")
    app.extensions["simulator"] = simulator = _simulator(
        settings or SimulatorSettings(), clock or Clock()
    )
    for rooms in (authorize, activation, pages, token, control, board):
        app.register_blueprint(rooms.routes)
    for rooms in (
        token_info,
        account,
        lists,
        list_jobs,
        fields,
        segments,
        emails,
        tags,
        contacts,
        contact_writes,
        sign_up_form,
        activities,
    ):
        app.register_blueprint(rooms.routes)
    app.register_blueprint(front)
    app.before_request(work_off)
    handle_errors(app)
    # Flask's own way to wrap an application
    app.wsgi_app = Traffic(app.wsgi_app, simulator)  # type: ignore[method-assign]
    return app


def _simulator(settings: SimulatorSettings, clock: Ticking) -> Simulator:
    return load(settings, clock) or Simulator(settings, clock)
