"""The Flask application: a table of contents."""

from flask import Flask

from app.simulator.api import account, contacts, fields, lists, sign_up_form
from app.simulator.clock import Clock, Ticking
from app.simulator.control import views as control
from app.simulator.errors import handle_errors
from app.simulator.front import front
from app.simulator.oauth import authorize, pages, token
from app.simulator.saving import load
from app.simulator.settings import SimulatorSettings
from app.simulator.simulator import Simulator
from app.simulator.traffic import Traffic


def make_app(settings: SimulatorSettings | None = None, clock: Ticking | None = None) -> Flask:
    """The simulator as a WSGI application, loaded from its state file or seeded."""
    app = Flask("app.simulator")
    app.extensions["simulator"] = simulator = _simulator(settings or SimulatorSettings(), clock or Clock())
    for rooms in (authorize, pages, token, account, lists, fields, contacts, sign_up_form, control):
        app.register_blueprint(rooms.routes)
    app.register_blueprint(front)
    handle_errors(app)
    app.wsgi_app = Traffic(app.wsgi_app, simulator)  # type: ignore[method-assign]  # Flask's own way to wrap it
    return app


def _simulator(settings: SimulatorSettings, clock: Ticking) -> Simulator:
    return load(settings, clock) or Simulator(settings, clock)
