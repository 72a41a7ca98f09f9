"""The process that reads one workbook, and whatever it is made to do, does it alone.

`python reader_process.py ORDER`, with the workbook as standard input; `reading` starts
it. Every answer is a line of JSON. It has limits of CPU and memory, and nothing in it
of the app but what reads workbooks.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

MB = 1_000_000
# What a table of contacts takes at most: for any file, for each MB of it, and in all.
# 200,000 rows with a million different texts and formulas (6 MB) took 75 s and 266 MB.
CPU_SECONDS, CPU_SECONDS_PER_MB, MAX_CPU_SECONDS = 3, 40, 900
MEMORY_MB, MEMORY_MB_PER_MB, MAX_MEMORY_MB = 110, 50, 500
NICENESS = 5  # visitors go first


def main() -> None:
    order = json.loads(sys.argv[1])
    sys.path[:] = order["path"]
    _leave_the_app_out()
    from app.imports.errors import ImportRejected

    try:
        for answer in _answers(order):
            _say(answer)
    except ImportRejected as refused:
        _say({"refused": refused.reason, "values": refused.values})
    except MemoryError:
        _say({"refused": "too_costly", "values": {}})
    except BrokenPipeError:  # nobody wants the rest
        os._exit(0)


def _leave_the_app_out() -> None:
    """Let `app` be a folder: all that it would import is of no use here."""
    package = ModuleType("app")
    package.__path__ = [str(Path(__file__).resolve().parent.parent)]
    sys.modules["app"] = package


def _answers(order: dict[str, Any]) -> Iterator[Any]:
    """Yield the facts, or one row after the other."""
    from app.imports import tables
    from app.imports.workbook import Workbook

    file = os.fdopen(0, "rb")
    file.seek(0)
    _limit(os.fstat(0).st_size)
    if order["do"] == "look":
        yield tables.facts_of(file, sheet_name=order["sheet"])
        return
    for line, cells in Workbook(file).rows(order["sheet"]):
        yield [line, *map(_packed, cells)]


def _packed(cell: str) -> str | list[str]:
    reason = getattr(cell, "reason", None)
    return cell if reason is None else [reason, str(cell)]


def _limit(size: int) -> None:
    """Let the rest cost no more than a file of so many bytes may."""
    os.nice(NICENESS)
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = min(CPU_SECONDS + CPU_SECONDS_PER_MB * size / MB, MAX_CPU_SECONDS)
    cpu = int(used.ru_utime + used.ru_stime + seconds)
    # with one second more: at the harder limit the system does not say why it ended
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # no other system keeps to it
        most = min(MEMORY_MB * MB + MEMORY_MB_PER_MB * size, MAX_MEMORY_MB * MB)
        memory = _mapped() + most
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _mapped() -> int:
    """Return how many bytes this process has of whatever kind."""
    pages = Path("/proc/self/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


def _say(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
