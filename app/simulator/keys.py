"""The RSA key that signs access tokens."""

from functools import cache
from typing import Any

from joserfc.jwk import RSAKey


class SigningKey:
    """A private key with its id, and the public half for the key set."""

    def __init__(self, private: RSAKey) -> None:
        self.private = private
        self.kid = private.thumbprint()

    @property
    def pem(self) -> str:
        return self.private.as_pem(private=True).decode()

    @property
    def public(self) -> dict[str, Any]:
        """The key as the JWKS shows it."""
        public = self.private.as_dict(private=False)
        return {
            "kty": "RSA",
            "alg": "RS256",
            "kid": self.kid,
            "use": "sig",
            "e": public["e"],
            "n": public["n"],
        }


@cache
def shared_key() -> SigningKey:
    """One key for all simulators of this process, since making one is slow."""
    return SigningKey(RSAKey.generate_key(2048))


def key_from(pem: str) -> SigningKey:
    """The key that `pem` was written from."""
    return SigningKey(RSAKey.import_key(pem))
