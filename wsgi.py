"""The app, for a WSGI server and for the `flask` command."""

import sys

from app import create_app
from app.cli import without_settings
from app.config import SettingsError
from app.delivery import worker

BOOT_FAILED = 3  # gunicorn stops, instead of trying again, when a worker ends with this

try:
    app = without_settings() or create_app()
except SettingsError as error:
    print(error, file=sys.stderr)
    sys.exit(BOOT_FAILED)

if "latchkey" in app.extensions:
    worker.part_at_forks(app)
if worker.wanted_here(app):
    worker.embed(app)
