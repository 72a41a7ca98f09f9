"""One process of the demo, which never outlives it: `python -m app.demo.child MODULE …`
runs a module as `python -m MODULE …` would.

Its standard input is a pipe that only the demo can write to. However the demo ends, the
kernel closes that pipe, and the child ends as well.
"""

import os
import runpy
import signal
import sys
import threading
import time

SECONDS_TO_END = 20.0  # for what is under way; after that it is killed


def main() -> None:
    threading.Thread(target=_end_with_the_demo, daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with_the_demo() -> None:
    """Wait for the end of standard input, then terminate this process."""
    # os.read takes no lock of sys.stdin, which a forked process would inherit
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SECONDS_TO_END)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
