"""The app, for a WSGI server and for the `flask` command."""

import gc
import sys
from contextlib import suppress

import click

from app import create_app
from app.auth import first_admin
from app.cli.commands import without_settings
from app.config.settings import SettingsError
from app.worker import runner

BOOT_FAILED = 3  # gunicorn stops, instead of trying again, when a worker ends with this

try:
    app = without_settings() or create_app()
except SettingsError as error:
    print(error, file=sys.stderr)
    sys.exit(1 if click.get_current_context(silent=True) else BOOT_FAILED)

if "latchkey" in app.extensions:
    runner.part_at_forks(app)
    if runner.serves_web():
        # a full disk under the log is no reason not to serve
        with app.app_context(), suppress(OSError):
            print(first_admin.announcement() or "", end="", file=sys.stderr, flush=True)
gc.freeze()  # what stays for good is not gone through again and again
if runner.wanted_here(app):
    runner.embed(app)
