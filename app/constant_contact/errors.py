"""What can go wrong at the provider.

The class of an error decides what is done about it; its `reason` is a short public
name.

ProviderError
├── Trouble                    the account's or the provider's: everything waits
│   ├── Unreachable            nothing was sent
│   ├── Unanswered             sent, and the effect is unknown
│   ├── Down                   5xx, or a gateway before the provider refused us
│   ├── Nonsense               an answer of no documented shape
│   ├── Unauthorized           401
│   ├── Forbidden              403
│   ├── GrantRefused           invalid_grant: the owner has to connect again
│   └── ClientRefused          invalid_client: API key or secret of this installation
│       └── OtherKey           not asked at all: the token was given to another API key
├── Paused                     429: everybody who shares the API key waits
│   ├── Throttled              4 a second
│   └── QuotaSpent             10,000 a day
└── Fault                      this one request
    ├── OddItem                what it is about was answered, and cannot be read
    ├── Conflict               409: try again soon
    ├── Invalid                400
    ├── Missing                404: a list or field is gone
    └── Unsupported            anything else the provider refuses
"""

from typing import ClassVar


class ProviderError(Exception):
    """An answer that is no good one, or none.

    `detail` are the provider's own words, for the operator; `request_id` is for its
    support. `retry_after` are the seconds that the provider asked for, 1 to 86,400, or
    None where it did not say.
    """

    reason: ClassVar[str]

    def __init__(
        self,
        detail: str = "",
        status: int | None = None,
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{self.reason}: {detail}")
        self.detail = detail
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after


class Trouble(ProviderError):
    """The account or the provider is in trouble: all of the account waits."""


class Unreachable(Trouble):
    reason = "unreachable"


class Unanswered(Trouble):
    reason = "unanswered"


class Down(Trouble):
    reason = "provider_down"


class Nonsense(Trouble):
    reason = "nonsense"
    # of an answer that would be the same at the next try
    lasting = False


class Unauthorized(Trouble):
    reason = "unauthorized"


class Forbidden(Trouble):
    reason = "forbidden"


class GrantRefused(Trouble):
    reason = "grant_refused"


class ClientRefused(Trouble):
    reason = "client_refused"


class OtherKey(ClientRefused):
    reason = "other_key"


class Paused(ProviderError):
    """Everybody who shares the API key waits."""


class Throttled(Paused):
    reason = "throttled"


class QuotaSpent(Paused):
    reason = "quota_exceeded"


class Fault(ProviderError):
    """This one request is refused; others are not affected."""


class OddItem(Fault):
    reason = Nonsense.reason


class Conflict(Fault):
    reason = "conflict"


class Invalid(Fault):
    reason = "invalid"


class Missing(Fault):
    reason = "list_missing"


class Unsupported(Fault):
    reason = "unsupported"


ALL = (
    Unreachable,
    Unanswered,
    Down,
    Nonsense,
    Unauthorized,
    Forbidden,
    GrantRefused,
    ClientRefused,
    OtherKey,
    Throttled,
    QuotaSpent,
    Conflict,
    Invalid,
    Missing,
    Unsupported,
)
