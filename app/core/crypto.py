"""Sealing secrets at rest: the only room with a key to `cryptography`.

A sealed value carries the row it belongs to, so a ciphertext copied to another row does
not open. Keys are a ring, newest first: the first seals, all of them open.
"""

import base64
import hmac
import json
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class CannotDecrypt(Exception):
    """The value was sealed with a key we do not hold, or for another row."""


class Cipher:
    def __init__(self, keys: list[str]) -> None:
        self._keys = keys
        self._ring = MultiFernet([Fernet(key) for key in keys])

    def encrypt(self, text: str, table: str, id: str, column: str) -> str:
        """Encrypt `text` for one column of one row."""
        return self._ring.encrypt(
            json.dumps([table, id, column, text]).encode()
        ).decode()

    def decrypt(self, sealed: str, table: str, id: str, column: str) -> str:
        """Decrypt what `seal` made for the same column of the same row, or raise
        `CannotOpen`.
        """
        try:
            *owner, text = json.loads(self._ring.decrypt(sealed.encode()))
        except InvalidToken:
            raise CannotDecrypt(
                f"{table}.{column} was sealed with a key that is not in LATCHKEY_KEY"
            ) from None
        except (ValueError, TypeError):
            raise CannotDecrypt(
                f"{table}.{column} holds something that was not sealed here"
            ) from None
        if owner != [table, id, column]:
            raise CannotDecrypt(
                f"{table}.{column} holds a value that was sealed for another row"
            )
        return str(text)

    def derived(self, purpose: str) -> list[str]:
        """One text per key, newest first, for signing cookies and form tokens."""
        return [_derive(key, purpose) for key in self._keys]

    def fingerprint(self, text: str) -> str:
        """A keyed digest: tells whether two secrets are equal without holding either."""
        key = _derive(self._keys[-1], "fingerprint").encode()
        return hmac.new(key, text.encode(), sha256).hexdigest()[:32]


def is_key(text: str) -> bool:
    """Whether the vault could seal with it."""
    try:
        Fernet(text)
    except ValueError:
        return False
    return True


def new_key() -> str:
    return Fernet.generate_key().decode()


def digest(token: str) -> str:
    """How a random link token is stored: its SHA-256, since it has 256 bits of its own."""
    return sha256(token.encode()).hexdigest()


def _derive(key: str, purpose: str) -> str:
    raw = HKDF(SHA256(), 32, salt=None, info=f"latchkey {purpose}".encode()).derive(
        key.encode()
    )
    return base64.urlsafe_b64encode(raw).decode()
