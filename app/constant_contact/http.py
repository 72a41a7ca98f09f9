"""The one door to the network.

Every exchange has a deadline and every body a limit; nothing is redirected or repeated.
What the provider says is kept, without the secrets that it may repeat.
"""

import logging
import time
from typing import Annotated, Any, cast

import requests
from pydantic import AfterValidator
from pydantic_core import from_json
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError
from urllib3.util import Retry

from app.constant_contact import errors
from app.constant_contact.deadline import DeadlineAdapter, TlsRefused, within
from app.constant_contact.redaction import without_what_was_sent
from app.constant_contact.retry_after import retry_after

MAX_BYTES = 2 * 1024 * 1024
MAX_WORDS = 500  # characters
MAX_REQUEST_ID = 80
CONNECT_TRIES = 3
BY_STATUS: dict[int, type[errors.ProviderError]] = {
    400: errors.Invalid,
    403: errors.Forbidden,
    404: errors.Missing,
    409: errors.Conflict,
}
# One of these is in every refusal by the provider itself.
OF_PROVIDER = {"error_key", "error_message", "error", "errors"}
# What the gateway says of a spent day, without any key.
DAY_IS_SPENT = "Limit Exceeded"


class BoundedSession(requests.Session):
    """A session whose whole exchange ends by a deadline, or by a call's own `timeout`.

    The queue owns waiting, so nothing is repeated here but an attempt to connect.
    """

    deadline: float

    def __init__(self, deadline: float) -> None:
        super().__init__()
        bound(self, deadline)

    def send(
        self, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:
        deadline = kwargs.get("timeout") or self.deadline
        return read_whole(super().send, request, kwargs, deadline)


def bound(session: requests.Session, deadline: float) -> None:
    """Give a session of requests our adapter and our deadline (seconds).

    Proxies and the netrc of the machine are not used.
    """
    retries = Retry(
        connect=CONNECT_TRIES - 1,
        read=0,
        status=0,
        redirect=0,
        other=0,
        backoff_factor=0.1,
        respect_retry_after_header=False,
    )
    adapter = DeadlineAdapter(pool_maxsize=32, max_retries=retries)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.trust_env = False
    # read by `send` of both our sessions
    session.deadline = deadline  # type: ignore[attr-defined]


def read_whole(
    send: Any,
    request: requests.PreparedRequest,
    kwargs: dict[str, Any],
    deadline: float,
) -> requests.Response:
    """Send one request and read its answer whole, within `deadline` seconds.

    Raises a `ProviderError`.
    """
    kwargs |= {
        "stream": True,
        "allow_redirects": False,
        "timeout": (deadline / (CONNECT_TRIES + 1), deadline),
    }
    try:
        with (
            within(deadline) as ends,
            cast(requests.Response, send(request, **kwargs)) as response,
        ):
            keep(response, _read_body(response, ends))
    except requests.exceptions.RequestException as error:
        raise _transport_error(error) from None
    return response


def keep(response: requests.Response, body: bytes) -> None:
    """Make this body the response's `content`.

    requests has no public way to read within a limit and keep the response, so this
    sets what its `content` returns; see the test that names its version.
    """
    response._content = body


def _read_body(response: requests.Response, ends: float) -> bytes:
    parts = []
    size = 0
    for part in response.iter_content(65_536):
        size += len(part)
        if size > MAX_BYTES:
            raise errors.Nonsense(
                f"an answer of more than {MAX_BYTES} bytes",
                response.status_code,
                _request_id(response),
            )
        if time.monotonic() > ends:
            raise errors.Unanswered("the answer did not arrive in time")
        parts.append(part)
    return b"".join(parts)


def _transport_error(
    error: requests.exceptions.RequestException,
) -> errors.ProviderError:
    reason = _reason_inside(error)
    if isinstance(reason, TlsRefused):
        logging.getLogger("latchkey").error(
            "tls_refused",
            extra={"security": True, "host": reason.host, "why": reason.why},
        )
        return errors.Unreachable(f"TLS: {reason.why}")
    # never str(error): it can hold the address with its parameters
    words = type(reason or error).__name__
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return errors.Unreachable(words)
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return errors.Unreachable(words)
    return errors.Unanswered(words)


def _reason_inside(error: requests.exceptions.RequestException) -> Exception | None:
    """Return the error of urllib3 that gave rise to the last try, if there is one."""
    if error.args and isinstance(error.args[0], MaxRetryError):
        return error.args[0].reason
    return None


def plain(text: str, most: int = MAX_WORDS) -> str:
    """Return a text of theirs as every database stores it.

    No NUL, no half of a surrogate pair, at most so many characters.
    """
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:most]


Plain = Annotated[str, AfterValidator(plain)]


def json_of(response: requests.Response) -> Any:
    """Return the JSON of a good answer.

    Raises the error that another's status and body mean, which come in three shapes
    (contract section 6).
    """
    body = parsed(response)
    if response.ok and response.status_code < 300 and body is not None:
        return body
    raise _status_error(response, body)


def parsed(response: requests.Response) -> Any:
    """Return the JSON of an answer, or None when it has none.

    Bytes that are not UTF-8 are replaced.
    """
    try:
        # pydantic's: bounded in depth, where json's eats up the stack
        return from_json(response.content.decode("utf-8-sig", "replace"))
    except ValueError:
        return None


def nonsense(response: requests.Response, what: str) -> errors.Nonsense:
    """Return the error for an answer of another shape than was asked for.

    It holds whatever the answer says of itself.
    """
    words = _words(response, parsed(response))
    if words:
        what = f"{what}: {words}"
    return errors.Nonsense(what, response.status_code, _request_id(response))


def odd_item(response: requests.Response, what: str) -> errors.OddItem:
    """Return the error for an answer whose one item is of another shape."""
    return errors.OddItem(what, response.status_code, _request_id(response))


def _status_error(response: requests.Response, body: Any) -> errors.ProviderError:
    words = _words(response, body)
    kind = _kind(response.status_code, body, words)
    return kind(
        words or f"HTTP {response.status_code}",
        response.status_code,
        _request_id(response),
        retry_after(response),
    )


def _kind(status: int, body: Any, words: str) -> type[errors.ProviderError]:
    if status < 400:
        return errors.Nonsense
    if status == 429:
        return _kind_of_pause(body, words)
    # whoever says it: a token that is renewed in vain costs less than one that is not
    if status == 401:
        return errors.Unauthorized
    if status >= 500 or status == 408 or not _is_the_providers(body):
        return errors.Down
    return BY_STATUS.get(status, errors.Unsupported)


def _kind_of_pause(body: Any, words: str) -> type[errors.Paused]:
    keys = [item.get("error_key") for item in _items(body)]
    if "quota_exceeded" in keys or words == DAY_IS_SPENT:
        return errors.QuotaSpent
    return errors.Throttled


def _is_the_providers(body: Any) -> bool:
    """Tell whether the provider itself refused.

    A page, nothing, or a bare `message` is the word of a gateway before it.
    """
    return any(not OF_PROVIDER.isdisjoint(item) for item in _items(body))


def _words(response: requests.Response, body: Any) -> str:
    sentences = []
    for item in _items(body):
        sentence = item.get("error_message") or item.get("message")
        if sentence:
            sentences.append(str(sentence))
    return plain(without_what_was_sent("; ".join(sentences), response.request))


def _items(body: Any) -> list[dict[str, Any]]:
    items = body if isinstance(body, list) else [body]
    return [item for item in items if isinstance(item, dict)]


def _request_id(response: requests.Response) -> str:
    by_gateway = response.headers.get("x-amzn-RequestId")
    id = by_gateway or response.headers.get("x-amz-cf-id") or ""
    return plain(without_what_was_sent(id, response.request), MAX_REQUEST_ID)
