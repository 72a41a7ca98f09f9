"""Whether the provider signed an access token: its key set, cached, rotation followed
(contract 1.8, 1.9).
"""

import threading
from datetime import datetime, timedelta
from typing import Literal

from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import KeySet

from app.constant_contact import errors, http

KEPT = timedelta(days=1)
# for a key that is not in the set: it may be new, or nonsense
ASKED_AGAIN = timedelta(minutes=10)
Verdict = Literal["genuine", "forged", "unknown_key"]


class Keys:
    """The provider's signing keys, read at most every ten minutes; one object serves
    all threads.
    """

    def __init__(self, address: str, deadline: float) -> None:
        self._address, self._deadline, self._lock = address, deadline, threading.Lock()
        self._keys: KeySet | None = None
        self._read_at: datetime | None = None

    def verdict(self, token: str, now: datetime) -> Verdict:
        """What the signature says.

        Raises a `ProviderError` when the keys cannot be read.
        """
        with self._lock:
            self._read_unless_younger(KEPT, now)
            found = self._check(token)
            if found == "unknown_key":
                self._read_unless_younger(ASKED_AGAIN, now)
                found = self._check(token)
            return found

    def _check(self, token: str) -> Verdict:
        try:
            jws.deserialize_compact(token, self._keys, algorithms=["RS256"])
        except BadSignatureError:
            return "forged"
        except (
            JoseError,
            ValueError,
        ):  # no such key, another algorithm, or no JWT at all
            return "unknown_key"
        return "genuine"

    def _read_unless_younger(self, age: timedelta, now: datetime) -> None:
        if (
            self._keys is not None
            and self._read_at is not None
            and now - self._read_at < age
        ):
            return
        found = http.json_of(http.BoundedSession(self._deadline).get(self._address))
        try:
            self._keys, self._read_at = KeySet.import_key_set(found), now
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise errors.Nonsense("the signing keys are no key set") from None
