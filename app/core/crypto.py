"""Encrypts secrets at rest: the only file that may use `cryptography`.

An encrypted value carries the row that it belongs to, so a ciphertext that is copied to
another row does not open. There may be several keys, newest first: the first encrypts,
all of them decrypt.
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
    """Encrypts and decrypts with the keys of this installation, newest first."""

    def __init__(self, keys: list[str]) -> None:
        self._keys = keys
        self._ring = MultiFernet([Fernet(key) for key in keys])
        self._derived: dict[str, list[str]] = {}

    def encrypt(self, text: str, table: str, id: str, column: str) -> str:
        """Encrypt `text` for one column of one row."""
        owned = json.dumps([table, id, column, text])
        return self._ring.encrypt(owned.encode()).decode()

    def decrypt(self, sealed: str, table: str, id: str, column: str) -> str:
        """Decrypt what `seal` made for the same column of the same row.

        Raises `CannotOpen`.
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
        """Return one text per key, newest first, to sign cookies and tokens with."""
        if purpose not in self._derived:
            self._derived[purpose] = [_derive(key, purpose) for key in self._keys]
        return self._derived[purpose]

    def fingerprint(self, text: str) -> str:
        """Return a keyed digest, which tells equal secrets without keeping them."""
        key = _derive(self._keys[-1], "fingerprint").encode()
        return hmac.new(key, text.encode(), sha256).hexdigest()[:32]


def is_key(text: str) -> bool:
    """Tell whether the text can be used as a key."""
    try:
        Fernet(text)
    except ValueError:
        return False
    return True


def new_key() -> str:
    """Make a key for LATCHKEY_KEY."""
    return Fernet.generate_key().decode()


def digest(token: str) -> str:
    """Return how a link's token is stored: its SHA-256.

    A token has 256 random bits of its own, so no key or salt is needed.
    """
    return sha256(token.encode()).hexdigest()


def _derive(key: str, purpose: str) -> str:
    info = f"latchkey {purpose}".encode()
    derivation = HKDF(SHA256(), length=32, salt=None, info=info)
    return base64.urlsafe_b64encode(derivation.derive(key.encode())).decode()
