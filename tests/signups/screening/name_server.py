"""A name server on this machine, for one test."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset


@dataclass
class NameServer:
    """Answers from a table: {("MX", "bakery.example."): ["10 mail.bakery.example."]}.

    A name that is in no row does not exist; None is no answer at all.
    """

    port: int
    table: dict[tuple[str, str], list[str]]
    silent: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def resolver(self) -> dns.resolver.Resolver:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self.port
        return resolver


@contextmanager
def name_server(table: dict[tuple[str, str], list[str]]) -> Iterator[NameServer]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        server = NameServer(listener.getsockname()[1], table)
        thread = threading.Thread(target=_serve, args=(listener, server), daemon=True)
        thread.start()
        yield server
        # a last word that ends it
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
            caller.sendto(b"", listener.getsockname())
        thread.join()


def _serve(listener: socket.socket, server: NameServer) -> None:
    while True:
        packet, caller = listener.recvfrom(4096)
        if not packet:
            return
        query = dns.message.from_wire(packet)
        question = query.question[0]
        name, kind = str(question.name), dns.rdatatype.to_text(question.rdtype)
        server.asked.append(f"{kind} {name}")
        if name in server.silent:
            continue
        listener.sendto(_answer(query, name, kind, server.table), caller)


def _answer(
    query: dns.message.Message,
    name: str,
    kind: str,
    table: dict[tuple[str, str], list[str]],
) -> bytes:
    answer = dns.message.make_response(query)
    records = table.get((kind, name))
    if records:
        answer.answer.append(dns.rrset.from_text(name, 300, "IN", kind, *records))
    elif not any(known == name for _kind, known in table):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer.to_wire()
