"""Worst inputs for patterns and functions, and how their cost grows with them.

Cost is CPU time of this thread, compared between two sizes that are sixteen times
apart: it then grows sixteen times where it is linear, 256 times where it is quadratic.
"""

import ast
import importlib
import pkgutil
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from types import ModuleType
from typing import Any

import app
from tests.house import File, module_of

# The parser behind `re`, as Python 3.11 to 3.13 have it.
from re import _parser  # type: ignore[attr-defined]  # isort: skip

STEP = 16
SIZES = (256, 4_096, 65_536, 1_048_576)
MAX_GROWTH = 64  # between two of these sizes: four times as much as a linear one's
# Below that many seconds a clock tells nothing; a quadratic cost of 4,096 characters is
# several times as much.
TOO_LITTLE = 0.001
WORST = (4, 1)  # so many of the inputs are tried with 64 KB, and with 1 MB
MANY = 20  # so many of the inputs are tried with the bound
MAX_ATOMS = 10  # of a pattern: each is repeated alone and beside each other one
FILLING = ("a", " ", "1")
ANCHORED = {"match", "fullmatch"}
SEARCHING = {"search", "finditer", "findall", "sub", "subn", "split"}
ENDS = ("", "\0")
REPRESENTATIVES = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_WORD": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_NOT_WORD": "-",
    "CATEGORY_NOT_SPACE": "a",
}
Run = Callable[[Any], object]
Attack = tuple[str, str]  # what is repeated, and what ends it


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(app.__path__, "app."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def patterns() -> dict[str, re.Pattern[Any]]:
    """Return every pattern that a module of the app keeps, by its first name."""
    named: dict[str, re.Pattern[Any]] = {}
    seen = set()
    for module in modules():
        for name, value in vars(module).items():
            for pattern in _patterns_in(value):
                if pattern not in seen and name != "__builtins__":
                    seen.add(pattern)
                    named[_free(named, f"{module.__name__}.{name}")] = pattern
    return named


def _patterns_in(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from _patterns_in(list(value.values()))
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _patterns_in(inner)


def _free(named: dict[str, re.Pattern[Any]], name: str) -> str:
    return name if name not in named else f"{name} ({len(named)})"


def hidden_patterns(file: File) -> Iterator[str]:
    """Yield each use of a pattern that is not a module's constant."""
    if "import re\n" not in file.text:
        return
    tree = file.tree
    constants = {
        id(call)
        for node in tree.body
        for call in ast.walk(node)
        if not isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        is_pattern = name.startswith("re.") and name != "re.escape"
        is_constant = name == "re.compile" and id(node) in constants
        if is_pattern and not is_constant:
            yield f"{file.name}.py, line {node.lineno}: {name}"


def attacks(pattern: re.Pattern[Any]) -> Iterator[Attack]:
    """Yield what may cost a pattern most: what it is made of, again and again."""
    atoms = list(dict.fromkeys([*FILLING, *_atoms(_parsed(pattern))]))[:MAX_ATOMS]
    pumps = [*atoms, *("".join(pair) for pair in product(atoms, repeat=2))]
    yield from product(dict.fromkeys(pumps), ENDS)


def _parsed(pattern: re.Pattern[Any]) -> Any:
    return _parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)


def _atoms(parsed: Any) -> Iterator[str]:
    """Yield the literals of a parsed pattern, those in a row as one, and one character
    of each of its classes.
    """
    row = ""
    for operation, value in parsed:
        if operation is _parser.LITERAL:
            row += chr(value)
            continue
        if row:
            yield row
            row = ""
        if operation is _parser.IN:
            yield from _of_class(value)
        else:
            yield from _inside(value)
    if row:
        yield row


def _of_class(members: Iterable[Any]) -> Iterator[str]:
    for operation, value in members:
        if operation is _parser.LITERAL:
            yield chr(value)
        elif operation is _parser.RANGE:
            yield chr(value[0])
        elif operation is _parser.CATEGORY:
            yield REPRESENTATIVES[str(value)]


def _inside(value: Any) -> Iterator[str]:
    if isinstance(value, _parser.SubPattern):
        yield from _atoms(value)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _inside(inner)


def ways_of_use(files: Iterable[File]) -> dict[str, set[str]]:
    """Return by a constant's dotted name the methods that are called of it."""
    ways = defaultdict[str, set[str]](set)
    for file in files:
        if not any(f".{way}(" in file.text for way in ANCHORED | SEARCHING):
            continue
        imported = _imported(file)
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                name = node.value.id
                ways[f"{imported.get(name, module_of(file.name))}.{name}"].add(
                    node.attr
                )
    return ways


def _imported(file: File) -> dict[str, str]:
    """Return the module of each name that a file imports from one."""
    modules_of = {}
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                modules_of[alias.name] = str(node.module)
    return modules_of


def use(pattern: re.Pattern[Any], ways: set[str]) -> Run:
    """Use a pattern: from the beginning of a text alone where it never is otherwise."""
    is_anchored = bool(ways & ANCHORED) and not ways & SEARCHING

    def run(text: str) -> None:
        subject: Any = text
        if isinstance(pattern.pattern, bytes):
            subject = text.encode("latin-1", "replace")
        pattern.match(subject)
        pattern.fullmatch(subject)
        if not is_anchored:
            for _match in pattern.finditer(subject):
                pass

    return run


def text_of(attack: Attack, size: int) -> str:
    pump, end = attack
    return pump * max(1, (size - len(end)) // len(pump)) + end


def cost(run: Run, subject: Any, tries: int = 1) -> float:
    """Return the seconds of CPU that it takes, the least of some tries."""
    least = float("inf")
    for _ in range(tries):
        began = time.thread_time()
        run(subject)
        least = min(least, time.thread_time() - began)
    return least


def grows_too_fast(
    run: Run, all_attacks: Iterable[Attack], sizes: tuple[int, ...] = SIZES
) -> str:
    """Return the input whose cost grows faster than its size, or ""."""
    costs = {attack: cost(run, text_of(attack, sizes[0])) for attack in all_attacks}
    for size, many in zip(sizes[1:], (len(costs), *WORST), strict=False):
        worst = sorted(costs, key=lambda attack: costs[attack])[-many:]
        for attack in worst:
            before = costs[attack]
            costs[attack] = cost(run, text_of(attack, size))
            if _too_fast(before, costs[attack]) and _is_so(run, attack, size):
                return f"{attack}, {size} characters: {costs[attack]:.6f} s"
    return ""


def _too_fast(before: float, after: float) -> bool:
    return after > TOO_LITTLE and after > MAX_GROWTH * before


def _is_so(run: Run, attack: Attack, size: int) -> bool:
    """Look again, since somebody else may have been at the caches."""
    before = cost(run, text_of(attack, size // STEP), tries=3)
    return _too_fast(before, cost(run, text_of(attack, size), tries=3))
