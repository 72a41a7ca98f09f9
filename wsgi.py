"""The app, for a WSGI server and for the `flask` command."""

import gc
import sys
from contextlib import suppress

import click

from app import create_app
from app.cli import without_settings
from app.config import SettingsError
from app.delivery import worker
from app.people import first_admin

BOOT_FAILED = 3  # gunicorn stops, instead of trying again, when a worker ends with this

try:
    app = without_settings() or create_app()
except SettingsError as error:
    print(error, file=sys.stderr)
    sys.exit(1 if click.get_current_context(silent=True) else BOOT_FAILED)

if "latchkey" in app.extensions:
    worker.part_at_forks(app)
    if worker.serves_web():
        # a full disk under the log is no reason not to serve
        with app.app_context(), suppress(OSError):
            print(first_admin.announcement() or "", end="", file=sys.stderr, flush=True)
gc.freeze()  # what stays for good is not gone through again and again
if worker.wanted_here(app):
    worker.embed(app)
