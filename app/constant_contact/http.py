"""The one door to the network: time limits, no redirects, no retries, bounded bodies,
words kept, secrets not.
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
MAX_WORDS = 500
BY_STATUS: dict[int, type[errors.ProviderError]] = {
    400: errors.Invalid,
    403: errors.Forbidden,
    404: errors.Missing,
    409: errors.Conflict,
}
# one of these is in every refusal of its own
OF_PROVIDER = {"error_key", "error_message", "error", "errors"}


class BoundedSession(requests.Session):
    """A session whose whole exchange ends by a deadline, or a call's own `timeout`, and
    whose body has a limit.

    The queue owns waiting, so nothing is retried here but a connection that was never
    made.
    """

    def __init__(self, deadline: float) -> None:
        super().__init__()
        bound(self, deadline)

    def send(
        self, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:
        return read_whole(
            super().send, request, kwargs, kwargs.get("timeout") or self.deadline
        )

    deadline: float


def bound(session: requests.Session, deadline: float) -> None:
    """Give any requests session our adapter, our deadline (seconds) and no proxies or
    netrc of the machine.
    """
    adapter = DeadlineAdapter(
        pool_maxsize=32,
        max_retries=Retry(
            connect=2,
            read=0,
            status=0,
            redirect=0,
            other=0,
            backoff_factor=0.1,
            respect_retry_after_header=False,
        ),
    )
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.trust_env = False
    session.deadline = deadline  # type: ignore[attr-defined]  # read by `send` of both our sessions


def read_whole(
    send: Any,
    request: requests.PreparedRequest,
    kwargs: dict[str, Any],
    deadline: float,
) -> requests.Response:
    """Send one request and read its answer whole, within `deadline` seconds, or raise
    our own error.
    """
    # up to 3 connects
    kwargs |= {
        "stream": True,
        "allow_redirects": False,
        "timeout": (deadline / 4, deadline),
    }
    try:
        with (
            within(deadline) as ends,
            cast(requests.Response, send(request, **kwargs)) as response,
        ):
            response._content = _read_body(response, ends)
    except requests.exceptions.RequestException as error:
        raise _transport_error(error) from None
    return response


def _read_body(response: requests.Response, ends: float) -> bytes:
    parts, size = [], 0
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
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(reason, TlsRefused):
        logging.getLogger("latchkey").error(
            "tls_refused",
            extra={"security": True, "host": reason.host, "why": reason.why},
        )
        return errors.Unreachable(f"TLS: {reason.why}")
    # never str(error): it can hold the address with its parameters
    words = type(reason or error).__name__
    never_sent = isinstance(error, requests.exceptions.ConnectTimeout) or isinstance(
        reason, NewConnectionError | ConnectTimeoutError
    )
    return errors.Unreachable(words) if never_sent else errors.Unanswered(words)


def plain(text: str, most: int = MAX_WORDS) -> str:
    """Their text as every database stores it: no NUL, no half characters, at most so
    long.
    """
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:most]


Plain = Annotated[str, AfterValidator(plain)]


def json_of(response: requests.Response) -> Any:
    """The JSON of a good answer, or the error its status and body mean (contract
    section 6: three shapes).
    """
    body = parsed(response)
    if response.ok and response.status_code < 300 and body is not None:
        return body
    raise _status_error(response, body)


def parsed(response: requests.Response) -> Any:
    """The JSON of an answer, or None when it is none.

    What is no UTF-8 in it is replaced.
    """
    try:
        # pydantic's: bounded in depth, where json's eats up the stack
        return from_json(response.content.decode("utf-8-sig", "replace"))
    except ValueError:
        return None


def nonsense(response: requests.Response, what: str) -> errors.Nonsense:
    """The error for a JSON answer of another shape than was asked for, with whatever it
    says of itself.
    """
    said = _words(response, parsed(response))
    return errors.Nonsense(
        f"{what}: {said}" if said else what, response.status_code, _request_id(response)
    )


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
    if status == 429:  # the gateway's own word for a spent day has no key
        spent = (
            any(item.get("error_key") == "quota_exceeded" for item in _items(body))
            or words == "Limit Exceeded"
        )
        return errors.QuotaSpent if spent else errors.Throttled
    # whoever says it: a token that is renewed in vain costs less than one that is not
    if status == 401:
        return errors.Unauthorized
    if status >= 500 or status == 408 or not _is_the_providers(body):
        return errors.Down
    return BY_STATUS.get(status, errors.Unsupported)


def _is_the_providers(body: Any) -> bool:
    """Whether the provider itself says no.

    A page, nothing, or a bare `message` is the word of a gateway before it.
    """
    return any(not OF_PROVIDER.isdisjoint(item) for item in _items(body))


def _words(response: requests.Response, body: Any) -> str:
    said = (
        str(item.get("error_message") or item.get("message") or "")
        for item in _items(body)
    )
    return plain(
        without_what_was_sent(
            "; ".join(word for word in said if word), response.request
        )
    )


def _items(body: Any) -> list[dict[str, Any]]:
    return [
        item
        for item in (body if isinstance(body, list) else [body])
        if isinstance(item, dict)
    ]


def _request_id(response: requests.Response) -> str:
    found = (
        response.headers.get("x-amzn-RequestId")
        or response.headers.get("x-amz-cf-id")
        or ""
    )
    return plain(without_what_was_sent(found, response.request), 80)
