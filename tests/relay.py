"""A way to a PostgreSQL that can fall silent: it takes what is sent and passes nothing
on, as a proxy does whose server is gone, until it is healed.
"""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

from tests.world import PATIENCE

PIECE = 65_536


class Relay:
    """Listens on loopback, and passes on to the socket that an address names."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        folder = parse_qs(parts.query)["host"][0]
        self._target = str(Path(folder) / ".s.PGSQL.5432")
        self._flows = threading.Event()
        self._flows.set()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.address = urlunsplit(
            parts._replace(netloc=f"postgres@127.0.0.1:{port}", query="")
        )
        threading.Thread(target=self._accept, daemon=True).start()

    def silence(self) -> None:
        self._flows.clear()

    def heal(self) -> None:
        self._flows.set()

    def stop(self) -> None:
        self.heal()
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                self._open += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE):
                assert self._flows.wait(PATIENCE)
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
