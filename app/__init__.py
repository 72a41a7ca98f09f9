"""Latchkey: connect Constant Contact once, collect sign-ups anywhere."""

from pathlib import Path

from flask import Flask

from app import confirmation, dashboard, services, signups
from app.accounts import key_check
from app.auth import first_admin, sign_in
from app.cli import commands
from app.config.settings import Settings, load
from app.core import logs
from app.core.clock import Clock, DatabaseClock
from app.database import migrate, session
from app.monitoring import views, well_known
from app.owner import status
from app.owner.connect import connect
from app.web import access, errors, headers, i18n, limits, static_files

ROOT = Path(__file__).resolve().parent.parent
__version__ = "0.2.0"


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """Assemble the house from the ground up.

    Raises `SettingsError` when a setting is missing or wrong.
    """
    settings = settings or load()
    app = Flask(
        "latchkey", root_path=str(ROOT), instance_path=str(settings.data_dir.resolve())
    )
    app.config["MAX_CONTENT_LENGTH"] = access.MAX_BODY
    app.config["VERSION"] = __version__

    services.init_app(app, settings, _shared(clock or Clock(), settings))
    logs.init(app, settings.log_level, settings.log_format)
    session.init(app, settings)
    migrate.bring_up_to_date(app)
    i18n.init(app)
    static_files.init(app)
    access.init_app(app)
    headers.init_app(app)
    limits.init_app(app)
    sign_in.init(app, settings, app.extensions["latchkey"].cipher)
    errors.init(app)
    _lock_when_the_key_does_not_fit(app)

    app.register_blueprint(first_admin.blueprint)
    app.register_blueprint(connect)
    signups.init_app(app)
    confirmation.init_app(app)
    app.register_blueprint(status.blueprint)
    dashboard.init_app(app)
    app.register_blueprint(views.blueprint)
    app.register_blueprint(well_known.blueprint)
    app.cli.add_command(commands.latchkey)
    return app


def _shared(clock: Clock, settings: Settings) -> Clock:
    """One time for all hosts: processes beside one SQLite file share their host's,
    others follow the database's.
    """
    return (
        clock
        if clock.shared or settings.database.startswith("sqlite")
        else DatabaseClock(clock, session.database_time)
    )


def _lock_when_the_key_does_not_fit(app: Flask) -> None:
    with app.app_context():
        if not key_check.fits():
            access.lock(app)
            logs.log.error(
                "locked",
                words=(
                    "LATCHKEY_KEY does not open what is sealed in the database."
                    " Sign-ups are accepted, nothing is delivered. See: flask latchkey"
                    " doctor"
                ),
            )
        session.db.session.remove()
