"""Hosts as network namespaces of this machine, on one switch whose ports can be cut:
then every packet is swallowed, and nobody is told.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

LAN = "latchkey-lan"
OURS = "10.77.0.254"  # this machine itself, beside the hosts
TOOLS = ("ip", "bridge", "setpriv")


def missing() -> str:
    """Return what keeps this machine from playing hosts, or ""."""
    if os.geteuid() != 0:
        return "root's rights"
    return " and ".join(tool for tool in TOOLS if shutil.which(tool) is None)


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def inside(host: str) -> list[str]:
    """Return what a command begins with that is to run on a host."""
    return ["ip", "netns", "exec", f"latchkey-{host}"]


def cut(host: str) -> None:
    """Swallow every packet to and from a host."""
    _port(host, "disabled")


def heal(host: str) -> None:
    _port(host, "forwarding")


def _port(host: str, state: str) -> None:
    states = {"disabled": "0", "forwarding": "3"}
    run("bridge", "-n", LAN, "link", "set", "dev", f"p-{host}", "state", states[state])


@contextmanager
def hosts(addresses: dict[str, str]) -> Iterator[None]:
    """So many hosts, each at its address, until the block ends."""
    made = []
    try:
        for name in ("lan", *addresses):
            run("ip", "netns", "add", f"latchkey-{name}")
            made.append(f"latchkey-{name}")
        run("ip", "-n", LAN, "link", "add", "switch", "type", "bridge")
        run("ip", "-n", LAN, "link", "set", "switch", "up")
        for name, address in addresses.items():
            _plug_in(name, f"latchkey-{name}", address)
        _plug_in("bench", "", OURS)
        yield
    finally:
        for name in made:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
        subprocess.run(["ip", "link", "del", "latchkey0"], capture_output=True)


def _plug_in(name: str, namespace: str, address: str) -> None:
    """Lay a cable from the switch to a namespace, or to this machine itself."""
    there = ["-n", namespace] if namespace else []
    peer = ["netns", namespace] if namespace else []
    run(
        *("ip", "-n", LAN, "link", "add", f"p-{name}", "type", "veth"),
        *("peer", "name", "latchkey0"),
        *(peer or ["netns", str(os.getpid())]),
    )
    run("ip", "-n", LAN, "link", "set", f"p-{name}", "master", "switch", "up")
    run("ip", *there, "address", "add", f"{address}/24", "dev", "latchkey0")
    run("ip", *there, "link", "set", "latchkey0", "up")
    if namespace:
        run("ip", *there, "link", "set", "lo", "up")
