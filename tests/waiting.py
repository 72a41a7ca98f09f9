"""Which pages may make their caller wait, found by reading who calls whom.

A function waits when it sleeps, by whatever clock, or calls one that does. Calls are
followed by name: functions through the imports of their file, methods by a name that
only one class of ours has. Waiting for the database's own locks is not meant: every
write has that, with its five seconds.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.house import File

SLEEPS = {"sleep"}
# They serve no page.
ELSEWHERE = {"simulator", "demo", "cli", "worker"}
# What every write may do: it is bounded by the busy time-out.
NOT_MEANT = {"database/sqlite_lock"}
METHODS_OF_PYTHON = {
    name for kind in (dict, list, set, str, bytes) for name in dir(kind)
}


@dataclass
class Function:
    """A function or method: what it calls, and whether it sleeps itself."""

    name: str
    is_page: bool
    sleeps: bool = False
    calls: set[str] = field(default_factory=set)


def functions(files: list[File]) -> dict[str, Function]:
    """Every function that could be part of a page, as `signups/views.submit`."""
    served = [
        file
        for file in files
        if file.room not in ELSEWHERE and file.name not in NOT_MEANT
    ]
    known = {file.name for file in files}
    found: dict[str, Function] = {}
    for file in served:
        for name, node in definitions(file):
            found[f"{file.name}.{name}"] = Function(
                f"{file.name}.{name}", is_page(node)
            )
    by_method = methods(found)
    for file in served:
        names = imported_names(file, known)
        for name, node in definitions(file):
            follow(found, found[f"{file.name}.{name}"], file, node, names, by_method)
    return found


def definitions(file: File) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in file.tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    yield f"{node.name}.{method.name}", method


def imported_names(file: File, known: set[str]) -> dict[str, str]:
    """What each imported name means: a file of ours, or a function of one."""
    names = {}
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app"):
            base = (node.module or "").replace(".", "/").removeprefix("app").lstrip("/")
            for alias in node.names:
                module = f"{base}/{alias.name}".lstrip("/")
                function = f"{base}.{alias.name}"
                names[alias.asname or alias.name] = (
                    module if module in known else function
                )
    return names


def is_page(node: ast.FunctionDef) -> bool:
    """Whether a decorator makes a route of it."""
    return any(
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in {"get", "post", "route"}
        for decorator in node.decorator_list
    )


def methods(found: dict[str, Function]) -> dict[str, str]:
    """Methods by a name that no other class, and nothing of Python's, has."""
    owners: dict[str, list[str]] = {}
    for name in found:
        owner, _, method = name.rpartition(".")
        if "." in owner and method not in METHODS_OF_PYTHON:
            owners.setdefault(method, []).append(name)
    return {method: names[0] for method, names in owners.items() if len(names) == 1}


def follow(
    found: dict[str, Function],
    function: Function,
    file: File,
    node: ast.FunctionDef,
    names: dict[str, str],
    by_method: dict[str, str],
) -> None:
    """Note what a function mentions: to hand a function on is to call it."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            local = f"{file.name}.{part.id}"
            target = local if local in found else names.get(part.id, "")
            function.calls.add(target)
        elif isinstance(part, ast.Attribute):
            function.sleeps |= part.attr in SLEEPS
            base = part.value.id if isinstance(part.value, ast.Name) else ""
            through_import = f"{names.get(base, '')}.{part.attr}"
            imported = through_import if through_import in found else ""
            function.calls.add(imported or by_method.get(part.attr, ""))


def waiting_pages(files: list[File]) -> set[str]:
    """The pages that sleep, or call something that does."""
    found = functions(files)
    waiting = {name for name, function in found.items() if function.sleeps}
    while True:
        more = {
            name for name, function in found.items() if function.calls & waiting
        } - waiting
        if not more:
            break
        waiting |= more
    return {name for name in waiting if found[name].is_page}
