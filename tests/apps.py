"""Apps for tests: one for each set of settings and process, given back as it was made.

Making an app takes 47 ms, and its engine then compiles every statement anew; most
tests want the same app on an empty database.
"""

from collections import OrderedDict
from contextvars import Context
from copy import copy
from typing import Any, ClassVar

from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from pydantic import SecretStr
from werkzeug.routing import Rule

from app import create_app
from app.config.settings import Settings
from app.core import logs
from app.web.limits import limiter
from tests.world import SharedClock

MAX_KEPT = 12
# The least that argon2 takes: in earnest a password costs a quarter of a second.
QUICK_PASSWORDS = {
    "argon2__time_cost": 1,
    "argon2__memory_cost": 8,
    "argon2__parallelism": 1,
}


class Browser(FlaskClient):
    """Each request in a context of its own, as behind a server: the test's app context
    would lend it its `g`.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return Context().run(super().open, *args, **kwargs)


class CompiledTemplates(BytecodeCache):
    """Templates compiled once for the whole run: each new app would compile them anew."""

    kept: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


class CompiledRules:
    """Address builders of routes, compiled once for the whole run: they are most of
    what making an app takes.
    """

    kept: ClassVar[dict[object, Any]] = {}
    compile = Rule._compile_builder

    @classmethod
    def builder(cls, rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, rule.subdomain, rule.host, str(rule.defaults), append_unknown)
        if key not in cls.kept:
            cls.kept[key] = cls.compile(rule, append_unknown)
        return cls.kept[key]


Rule._compile_builder = lambda rule, append_unknown=True: CompiledRules.builder(
    rule, append_unknown
)  # type: ignore[method-assign]


def new_app(settings: Settings) -> Flask:
    """Make an app for tests, on the clock that they share with the simulator."""
    app = create_app(settings, SharedClock())
    app.jinja_env.bytecode_cache = CompiledTemplates()
    app.test_client_class = Browser
    app.extensions["security"].pwd_context.update(**QUICK_PASSWORDS)
    app.config["TESTING"] = False  # errors are answered as in production
    return app


class _KeptApp:
    """An app with what it was made of, to be put back before each test."""

    def __init__(self, settings: Settings) -> None:
        self.app = new_app(settings)
        self._settings = dict(vars(settings))
        self._attributes = dict(vars(self.app))
        self._mappings = {
            name: _copied(value)
            for name, value in self._attributes.items()
            if isinstance(value, dict)
        }
        self._globals = dict(self.app.jinja_env.globals)
        self._limiter = dict(vars(limiter))

    def restore(self) -> None:
        """Put back every attribute, setting and extension, log as this app does, and
        count limits from zero.
        """
        _replace(vars(self.app), self._attributes)
        settings = self.app.extensions["latchkey"].settings
        _replace(vars(settings), self._settings)
        # The log goes to what is standard error now; the hooks that this adds a second
        # time go with the next lines.
        logs.init(self.app, settings.log_level)
        for name, values in self._mappings.items():
            _replace(vars(self.app)[name], _copied(values))
        _replace(self.app.jinja_env.globals, self._globals)
        vars(limiter).update(self._limiter)
        limiter.reset()
        self.app.extensions["latchkey"].wakeup.wait(0)


def _copied(values: dict[Any, Any]) -> dict[Any, Any]:
    """A copy of a mapping and of the lists and mappings that are its values."""
    return {
        key: copy(value) if isinstance(value, list | dict) else value
        for key, value in values.items()
    }


def _replace(mapping: Any, values: dict[Any, Any]) -> None:
    for key in mapping.keys() - values.keys():
        del mapping[key]
    mapping.update(values)


_kept: OrderedDict[str, _KeptApp] = OrderedDict()


def kept_app(settings: Settings) -> Flask:
    """Return the app of these settings as it was made, on a database that is empty."""
    key = repr(sorted((name, _plain(value)) for name, value in settings))
    if key not in _kept:
        _kept[key] = _KeptApp(settings)
    _kept.move_to_end(key)
    if len(_kept) > MAX_KEPT:
        _kept.popitem(last=False)
    _kept[key].restore()
    return _kept[key].app


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return repr([_plain(one) for one in value])
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return repr(value)
