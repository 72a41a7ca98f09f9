"""The one door to the network: time limits, no redirects, no retries, bounded bodies, words kept, secrets not."""

import time
from typing import Annotated, Any, cast

import requests
from pydantic import AfterValidator
from pydantic_core import from_json
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError
from urllib3.util import Retry

from app.constant_contact import errors
from app.constant_contact.deadline import DeadlineAdapter, within
from app.constant_contact.echoes import without_what_was_sent

MOST_BYTES = 2 * 1024 * 1024
MOST_WORDS = 500
BY_STATUS: dict[int, type[errors.ProviderError]] = {
    400: errors.Invalid, 401: errors.Unauthorized, 403: errors.Forbidden,
    404: errors.Missing, 409: errors.Conflict, 429: errors.Throttled,
}


class BoundedSession(requests.Session):
    """A session whose whole exchange ends by a deadline and whose body has a limit.

    The queue owns waiting, so nothing is retried here but a connection that was never made.
    """

    def __init__(self, deadline: float) -> None:
        super().__init__()
        bound(self, deadline)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        return read_whole(super().send, request, kwargs, self.deadline)

    deadline: float


def bound(session: requests.Session, deadline: float) -> None:
    """Give any requests session our adapter, our deadline (seconds) and no proxies or netrc of the machine."""
    adapter = DeadlineAdapter(pool_maxsize=32, max_retries=Retry(connect=2, read=0, status=0, redirect=0, other=0,
                                                                backoff_factor=0.1))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.trust_env = False
    session.deadline = deadline  # type: ignore[attr-defined]  # read by `send` of both our sessions


def read_whole(send: Any, request: requests.PreparedRequest, kwargs: dict[str, Any],
               deadline: float) -> requests.Response:
    """Send one request and read its answer whole, within `deadline` seconds, or raise our own error."""
    kwargs |= {"stream": True, "allow_redirects": False, "timeout": (deadline / 4, deadline)}  # up to 3 connects
    try:
        with within(deadline) as ends, cast(requests.Response, send(request, **kwargs)) as response:
            response._content = _read_body(response, ends)
    except requests.exceptions.RequestException as error:
        raise _transport_error(error) from None
    return response


def _read_body(response: requests.Response, ends: float) -> bytes:
    parts, size = [], 0
    for part in response.iter_content(65_536):
        size += len(part)
        if size > MOST_BYTES:
            raise errors.Nonsense(f"an answer of more than {MOST_BYTES} bytes", response.status_code)
        if time.monotonic() > ends:
            raise errors.Unanswered("the answer did not arrive in time")
        parts.append(part)
    return b"".join(parts)


def _transport_error(error: requests.exceptions.RequestException) -> errors.ProviderError:
    words = type(error).__name__  # never str(error): it can hold the address with its parameters
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    never_sent = isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError) or isinstance(
        reason, NewConnectionError | ConnectTimeoutError)
    return errors.Unreachable(words) if never_sent else errors.Unanswered(words)


def plain(text: str, most: int = MOST_WORDS) -> str:
    """Their text as every database stores it: no NUL, no half characters, at most so long."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:most]


Plain = Annotated[str, AfterValidator(plain)]


def json_of(response: requests.Response) -> Any:
    """The JSON of a good answer, or the error its status and body mean (contract section 6: three shapes)."""
    body = parsed(response)
    if response.ok and response.status_code < 300 and body is not None:
        return body
    raise _status_error(response, body)


def parsed(response: requests.Response) -> Any:
    """The JSON of an answer, or None when it is none."""
    try:
        return from_json(response.content)  # pydantic's: bounded in depth, where json's eats up the stack
    except ValueError:
        return None


def _status_error(response: requests.Response, body: Any) -> errors.ProviderError:
    status = response.status_code
    if status >= 500:
        kind: type[errors.ProviderError] = errors.Down
    elif status < 400:
        kind = errors.Nonsense
    elif status == 403 and body is None:  # a gateway's page: not the provider's word on the login
        kind = errors.Down
    else:
        kind = BY_STATUS.get(status, errors.Unsupported)
    keys, said = _in_their_words(body)
    words = plain(without_what_was_sent(said, response.request))
    if status == 429 and "quota_exceeded" in keys:
        kind = errors.QuotaSpent
    request_id = without_what_was_sent(response.headers.get("x-amzn-RequestId", ""), response.request)
    return kind(words or f"HTTP {status}", status, plain(request_id, 80))


def _in_their_words(body: Any) -> tuple[list[str], str]:
    items = body if isinstance(body, list) else [body]
    found = [item for item in items if isinstance(item, dict)]
    keys = [str(item.get("error_key", "")) for item in found]
    words = [str(item.get("error_message") or item.get("message") or "") for item in found]
    return keys, "; ".join(word for word in words if word)
