"""A call of the API as one account, with its access token.

When that has ended, the call is made once more with a fresh one.
"""

from collections.abc import Callable
from typing import TypeVar

from app.accounts import recovery, tokens
from app.accounts.api_client import client
from app.constant_contact import errors
from app.constant_contact.client import Client

T = TypeVar("T")


def authorized_call(
    account_id: str,
    ask: Callable[[Client], T],
    patience: float | None = None,
    can_wait: bool = False,
    ends_trouble: bool = True,
) -> T:
    """What the provider says to `ask`.

    A 401 ends this access token; a fresh one gets one more try. A good answer ends the
    account's trouble, unless the caller judges that.
    """
    answer = _asked(account_id, ask, patience, can_wait)
    if ends_trouble:
        recovery.note_good_answer(account_id)
    return answer


def _asked(
    account_id: str,
    ask: Callable[[Client], T],
    patience: float | None,
    can_wait: bool,
) -> T:
    token = tokens.fresh_token(account_id, patience)
    try:
        return ask(client(token, can_wait))
    except errors.Unauthorized:
        tokens.expire_now(account_id, token)
        return ask(client(tokens.fresh_token(account_id, patience), can_wait))
