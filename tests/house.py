"""Floors and keys of the house as data, and the one who walks around and checks them."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GROUND = {"core", "config", "database", "services", "messages"}

# Imports go downstairs only: a folder sees what is named here, nothing else.
MAY_SEE: dict[str, set[str]] = {
    # 7: what serves it
    "demo": {
        "__init__",
        "accounts",
        "auth",
        "constant_contact",
        "delivery",
        "forms",
        "imports",
        "signups",
        "worker",
        *GROUND,
    },
    # 6: assembles
    "__init__": {
        "accounts",
        "auth",
        "cli",
        "confirmation",
        "dashboard",
        "imports",
        "monitoring",
        "owner",
        "signups",
        "web",
        *GROUND,
    },
    # 5: the doors of operators, admins, owners, machines
    "cli": {
        "accounts",
        "auth",
        "delivery",
        "imports",
        "mail",
        "monitoring",
        "signups",
        "simulator",
        "stats",
        "status",
        "web",
        "worker",
        *GROUND,
    },
    "dashboard": {
        "accounts",
        "auth",
        "confirmation",
        "constant_contact",
        "delivery",
        "forms",
        "imports",
        "mail",
        "monitoring",
        "owner",
        "signups",
        "stats",
        "status",
        "web",
        *GROUND,
    },
    "owner": {"accounts", "constant_contact", "signups", "stats", "web", *GROUND},
    "monitoring": {
        "accounts",
        "delivery",
        "forms",
        "imports",
        "mail",
        "signups",
        "stats",
        "status",
        "web",
        *GROUND,
    },
    # 4: starts the work of every story below
    "worker": {
        "accounts",
        "auth",
        "confirmation",
        "constant_contact",
        "delivery",
        "forms",
        "imports",
        "mail",
        "signups",
        "stats",
        "status",
        "web",
        *GROUND,
    },
    "status": {"accounts", "delivery", "signups", "stats", *GROUND},
    "stats": {"accounts", "delivery", "forms", "signups", *GROUND},
    # 3: where a sign-up, or a file of contacts, and a token meet; or a sign-up and mail
    "confirmation": {"accounts", "forms", "mail", "signups", "web", *GROUND},
    "delivery": {"accounts", "constant_contact", "forms", "signups", *GROUND},
    "imports": {"accounts", "constant_contact", *GROUND},
    # 2: the stories of visitors and owners
    "signups": {"accounts", "forms", "mail", "web", *GROUND},
    "forms": {"accounts", *GROUND},
    "accounts": {"auth", "constant_contact", "mail", *GROUND},
    # 1: the provider, the web, people who sign in, mail
    "constant_contact": set(),
    "auth": {"web", *GROUND},
    "mail": GROUND,
    "web": GROUND,
    # 0: the ground
    "services": {"config", "core"},
    "database": {"config"},
    "config": {"core"},
    "core": set(),
    "messages": set(),
    "simulator": set(),
}

# A locked room or library, and the files with a key to it ("delivery" means every file
# in that room).
KEYS: dict[str, set[str]] = {
    "app.constant_contact": {
        "constant_contact",
        "accounts",
        "delivery",
        "imports",
        "dashboard/accounts/views",
        "dashboard/setup/views",
        "demo",
        "owner/connect",
        "worker/periodic",
    },
    "app.simulator": {"simulator", "cli"},
    "requests": {"constant_contact", "accounts/api_client", "demo", "simulator"},
    "urllib3": {"constant_contact"},
    "http.client": {"constant_contact/deadline"},
    "smtplib": {"mail/smtp"},
    # name servers: whoever asks one may wait
    "dns": {"signups/screening/mail_domains"},
    "authlib": {"constant_contact/oauth"},
    "cryptography": {"core/crypto", "simulator"},
    # The database by one library (sqlite_driver says why); imports/rows keeps a private
    # scratch file.
    "sqlite3": {"database/sqlite_driver", "imports/rows"},
    "pysqlite3": {"database/sqlite_driver"},
    "os.environ": {"config", "cli", "worker/runner", "demo", "simulator"},
    "threading": {
        "constant_contact/signature",
        "core/background",
        "core/clock",
        "core/wakeup",
        "database/silence",
        "database/sqlite_lock",
        "delivery",
        "worker",
        "cli",
        "simulator",
        "demo",
    },
    "signal": {"worker", "cli", "simulator", "demo"},
    "time.sleep": {
        "core/clock",
        "database/session",
        "database/sqlite_lock",
        "simulator",
        "demo",
    },
    "flask.request": {
        "owner",
        "auth/first_admin",
        "auth/sessions",
        "signups/views",
        "confirmation/views",
        "dashboard",
        "monitoring/views",
        "web",
        "core/logs",
        "simulator",
    },
    "flask.render_template": {
        "owner",
        "auth/first_admin",
        "signups/views",
        "confirmation/views",
        "dashboard",
        "web/errors",
        "simulator",
    },
    "flask.session": {"auth/sessions"},
}
EXCEPTIONS = {
    # it says which thread holds a lease; it starts none
    ("accounts/token_store", "threading"),
    # it asks which signal ended the reader of a workbook
    ("imports/reading", "signal"),
}

# Of accounts, who serves a visitor sees only what is stored.
FACTS_ONLY = {"forms", "signups"}
FACTS = {"app.accounts.facts", "app.accounts.models"}

# A sign-up's fate has one author; intake creates the row.
FATE = {"state", "attempts", "due_at"}
AUTHORS_OF_FATE = {
    "confirmation/state",
    "delivery/claims",
    "delivery/admin_actions",
    "signups/intake",
    "signups/models",
    "demo",
}


@dataclass(frozen=True)
class File:
    """One file of the house: `name` is its path without `app/` and `.py`."""

    name: str
    text: str

    @property
    def room(self) -> str:
        return self.name.split("/")[0]

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.text)

    @property
    def nodes(self) -> list[ast.AST]:
        return _walked(self.text)

    def has_key(self, holders: set[str]) -> bool:
        return self.name in holders or self.room in holders


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def _walked(text: str) -> list[ast.AST]:
    return list(ast.walk(_parsed(text)))


def files() -> Iterator[File]:
    for path in sorted((ROOT / "app").rglob("*.py")):
        name = path.relative_to(ROOT / "app").with_suffix("").as_posix()
        yield File(name.removesuffix("/__init__") or "__init__", path.read_text())


def imported(file: File) -> Iterator[str]:
    """Every dotted name a file imports, or reads from an imported module:
    app.accounts.facts, time.sleep, …
    """
    modules = set()
    for node in file.nodes:
        if isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name for alias in node.names}
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = ("app", *file.name.split("/"))[: -node.level or None]
                base = ".".join(filter(None, (*parts, base)))
            yield from (f"{base}.{alias.name}" for alias in node.names)
    for node in file.nodes:
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in modules
        ):
            yield f"{node.value.id}.{node.attr}"


def upstairs(file: File) -> Iterator[str]:
    """Imports of rooms that this file's room must not see."""
    for name in imported(file):
        if not name.startswith("app."):
            continue
        target = name.split(".")[1]
        target = "__init__" if target in ("create_app", "__version__") else target
        if target != file.room and target not in MAY_SEE[file.room]:
            yield f"{file.name}.py must not see {target}: imports go downstairs only"


def locked(file: File) -> Iterator[str]:
    """Imports behind a lock that this file has no key to."""
    for name in imported(file):
        for lock, holders in KEYS.items():
            behind = name == lock or name.startswith(f"{lock}.")
            if (
                behind
                and not file.has_key(holders)
                and (file.name, lock) not in EXCEPTIONS
            ):
                yield f"{file.name}.py has no key to {lock.removeprefix('app.')}"


def more_than_facts(file: File) -> Iterator[str]:
    for name in imported(file) if file.room in FACTS_ONLY else ():
        if name.startswith("app.accounts") and not any(
            name == fact or name.startswith(f"{fact}.") for fact in FACTS
        ):
            yield (
                f"{file.name}.py sees {name}, but of accounts only facts and models are"
                " its business"
            )


def fates(file: File) -> Iterator[str]:
    """Writes to a sign-up's state, attempts or due time: by attribute, or in an UPDATE
    or INSERT of Signup.
    """
    if (
        file.has_key(AUTHORS_OF_FATE)
        or file.room == "simulator"
        or "Signup" not in file.text
    ):
        return
    for node in file.nodes:
        written: set[str] = set()
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            written = {
                part.attr
                for target in targets
                for part in ast.walk(target)
                if isinstance(part, ast.Attribute)
            }
        elif isinstance(node, ast.Call) and re.search(
            r"\b(update|insert)\(Signup\)|^Signup\(", ast.unparse(node)
        ):
            written = {keyword.arg or "" for keyword in node.keywords}
        elif isinstance(node, ast.Call) and "Lease(Signup," in ast.unparse(node):
            written = {"attempts", "due_at"}
        for column in sorted(written & FATE):
            yield (
                f"{file.name}.py writes a sign-up's {column}, which only"
                " delivery/claims and delivery/admin_actions may"
            )


def circle(files: Iterable[File]) -> list[str]:
    """Return the names of files that import each other in a circle, or [].

    What a function imports when it runs does not count; what is imported for type
    checkers alone does.
    """
    by_module = {module_of(file.name): file for file in files}
    graph = {
        file.name: {
            by_module[name].name
            for name in modules_at_the_top(file, set(by_module))
            if by_module[name] != file
        }
        for file in by_module.values()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        names: list[str] = error.args[1]
        return names[::-1]
    return []


def module_of(name: str) -> str:
    """Return a file's dotted module name: `app` for `__init__`, `app.forms.checks`."""
    return "app" if name == "__init__" else f"app.{name.replace('/', '.')}"


def modules_at_the_top(file: File, known: set[str]) -> Iterator[str]:
    """Yield each module of ours that a file imports before any function is called."""
    top = ast.Module([*statements_at_the_top(file.tree)], [])
    for name in imported(File(file.name, ast.unparse(top))):
        if name in known:
            yield name
        elif name.rpartition(".")[0] in known:
            yield name.rpartition(".")[0]


def statements_at_the_top(node: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from statements_at_the_top(child)


# Who may ask where the database file is: to lay a lock file beside it, never to open
# it, since closing any other descriptor drops SQLite's locks.
KNOW_THE_PATH = {"database/sqlite_lock", "database/migrate"}


def paths_of_the_database(file: File) -> Iterator[str]:
    """Reads of `….url.database` where the path is nobody's business."""
    for node in file.nodes:
        if (
            isinstance(node, ast.Attribute)
            and ast.unparse(node).endswith("url.database")
            and not file.has_key(KNOW_THE_PATH)
        ):
            yield (
                f"{file.name}.py asks for the path of the database, which only"
                " app/database/sqlite_driver's library may open"
            )


def violations(file: File) -> list[str]:
    """Everything wrong with one file, a sentence each."""
    return [
        *upstairs(file),
        *locked(file),
        *more_than_facts(file),
        *fates(file),
        *paths_of_the_database(file),
    ]
