"""Tells whether the provider signed an access token (contract 1.8, 1.9).

Its key set is kept for a day, and read again for a key that is not in it.
"""

import threading
from datetime import datetime, timedelta
from typing import Literal

from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import KeySet

from app.constant_contact import errors, http

KEPT = timedelta(days=1)
# An unknown key may be new, or made up.
ASKED_AGAIN = timedelta(minutes=10)
Verdict = Literal["genuine", "forged", "unknown_key"]


class Keys:
    """The provider's signing keys, read at most every ten minutes.

    One object serves all threads.
    """

    def __init__(self, address: str, deadline: float) -> None:
        self._address = address
        self._deadline = deadline
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._read_at: datetime | None = None

    def verdict(self, token: str, now: datetime) -> Verdict:
        """Judge a token by its signature.

        Raises a `ProviderError` when the keys cannot be read.
        """
        with self._lock:
            self._read_unless_younger(KEPT, now)
            verdict = self._check(token)
            if verdict == "unknown_key":
                self._read_unless_younger(ASKED_AGAIN, now)
                verdict = self._check(token)
            return verdict

    def _check(self, token: str) -> Verdict:
        try:
            jws.deserialize_compact(token, self._keys, algorithms=["RS256"])
        except BadSignatureError:
            return "forged"
        # no such key, another algorithm, or no JWT at all
        except (JoseError, ValueError):
            return "unknown_key"
        return "genuine"

    def _read_unless_younger(self, age: timedelta, now: datetime) -> None:
        if self._read_at is not None and now - self._read_at < age:
            return
        answer = http.BoundedSession(self._deadline).get(self._address)
        key_set = http.json_of(answer)
        try:
            self._keys = KeySet.import_key_set(key_set)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise errors.Nonsense("the signing keys are no key set") from None
        self._read_at = now
