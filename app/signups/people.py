"""Keyed hashes of addresses and networks: they tell who is the same, and not who it is."""

import hmac
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_network

from app.services import services


def hashes(person: str) -> list[str]:
    """Return the hashes that a person (an address in lower case) may be stored under.

    One for each key in use, the newest first: rows are looked for under all, and
    written under the first.
    """
    return [_hash(key, person) for key in services().cipher.derived("people")]


def hash_of(person: str) -> str:
    """Return the hash that a person is stored under from now on: 64 hex digits."""
    return hashes(person)[0]


def network_hash(network: str) -> str:
    """Return the hash that presses of a network are counted by: 32 hex digits; "" where
    the server names none.
    """
    if not network:
        return ""
    return _hash(services().cipher.derived("networks")[0], network)[:32]


def kept_network(network: str) -> str:
    """Return what is kept of a network in clear, as LATCHKEY_KEEP_NETWORKS says: all of
    it, its first half, or nothing.
    """
    keep = services().settings.keep_networks
    if keep == "none" or not network:
        return ""
    if keep == "full":
        return network
    return _shortened(network)


@lru_cache(1000)
def _shortened(network: str) -> str:
    """Return an IPv4 network of 256 addresses, or the /48 of an IPv6 network."""
    try:
        network_of_one = ip_network(network, strict=False)
    except ValueError:  # a server that names no address
        return ""
    bits = 24 if network_of_one.version == 4 else 48
    return str(network_of_one.supernet(new_prefix=bits))


def _hash(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), sha256).hexdigest()
