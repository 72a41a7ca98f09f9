"""A process of its own whose threads all want a token at once: `python -m
tests.accounts.refreshers`.

Reads its settings as one JSON line, says "ready", waits for a line, then prints what
its threads got.
"""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app import create_app
from app.accounts import tokens
from tests.conftest import test_settings


def main() -> None:
    given = json.loads(sys.stdin.readline())
    app = create_app(
        test_settings(
            given["database"],
            given["simulator"],
            Path(given["folder"]),
            **given["settings"],
        )
    )
    together = threading.Barrier(given["threads"])

    def want(_: int) -> str:
        with app.app_context():
            together.wait()
            try:
                return tokens.fresh_token(given["account"])
            except (tokens.NeedsOwner, tokens.NotNow) as error:
                return f"{type(error).__name__}: {error}"

    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(given["threads"]) as pool:
        print(json.dumps(list(pool.map(want, range(given["threads"])))), flush=True)


if __name__ == "__main__":
    main()
