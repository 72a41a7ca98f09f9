"""Proof of work: what a browser computes while somebody types, and how it is checked.

The challenge is that of ALTCHA's second protocol with SHA-256 and a deterministic
counter: find the number whose digest, behind the id of the form token, begins with
eight given bytes. It is the one that our key makes of that id, so a challenge costs two
digests and a few characters of the page, checking it is a comparison, and nothing has
to be remembered: a proof is good for its token alone, and that admits three people.
(The library's own payload is signed JSON of 660 characters: 0.2 ms to make for each
page, 0.15 ms to check, and a parser that strangers can reach.)
"""

import hmac
from hashlib import sha256

import altcha

from app.services import services
from app.signups.form_token import FormToken
from app.signups.screening.press import Proof

# Digests at most, half as many at least: about 50 ms on a phone, and 2 s.
QUIET, ATTACK = 10_000, 250_000
PREFIX = 8  # bytes
MAX_PROOF = 10  # characters
PARAMETERS = altcha.ChallengeParameters("SHA-256", nonce="", salt="", cost=1)


def challenge(press_id: str, work: int) -> str:
    """Return what a page tells its solver: the token's id, how the digest begins, and
    the work that it takes at most; "" for a token that asks for none.
    """
    if not work:
        return ""
    counter = _counter(_keys()[0], press_id, work)
    password = press_id.encode() + counter.to_bytes(4)
    digest = altcha.derive_key_sha(PARAMETERS, b"", password)
    return f"{press_id}.{digest[:PREFIX].hex()}.{work}"


def judge(text: str, token: FormToken, work_now: int) -> Proof:
    """Judge what came along with a token, at a form that asks for so much work now."""
    if token.proven:
        return Proof.SOLVED
    if not text or not token.work:
        return Proof.MISSING
    if text[: MAX_PROOF + 1] not in _solutions(token):
        return Proof.WRONG
    # done before the attack began: true, but too cheap to say anything by now
    return Proof.SOLVED if token.work >= work_now else Proof.MISSING


def _solutions(token: FormToken) -> list[str]:
    return [str(_counter(key, token.press_id, token.work)) for key in _keys()]


def _counter(key: bytes, press_id: str, work: int) -> int:
    digest = hmac.digest(key, f"{press_id} {work}".encode(), sha256)
    least = work // 2
    return least + int.from_bytes(digest[:8]) % (work - least)


def _keys() -> list[bytes]:
    """Return one key for each of the installation's, newest first."""
    return [key.encode() for key in services().cipher.derived("proofs")]
