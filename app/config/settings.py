"""Every setting in one place: read from the environment, checked at once, refused with
a hint.

A secret `NAME` may also come from a file named by `NAME_FILE` (Docker and Kubernetes
secrets).
"""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.config.types import (
    CacheAddress,
    Contact,
    Count,
    DatabaseAddress,
    Days,
    Home,
    Hours,
    Limits,
    MachinesToken,
    MailAddress,
    MailServer,
    OneWord,
    ReadableFile,
    Scopes,
    Seconds,
    WebAddress,
    Zone,
    mail_domain,
)
from app.core.crypto import is_key

SECRETS = (
    "LATCHKEY_KEY",
    "CTCT_CLIENT_ID",
    "CTCT_CLIENT_SECRET",
    "DATABASE_URL",
    "REDIS_URL",
    "SMTP_URL",
    "LATCHKEY_METRICS_TOKEN",
)
DEFAULT_KEY_FILE = "latchkey.key"
DOT_ENV = ".env"
NOT_OURS = ("LATCHKEY_DEMO_PASSWORD",)  # of `make demo`


class SettingsError(Exception):
    """Settings are missing or wrong; the message says which, a sentence each."""


def _env(name: str) -> Any:
    return Field(validation_alias=AliasChoices(name))


class Settings(BaseSettings):
    """What an operator may choose. Names are promises: see docs/reference.md."""

    model_config = SettingsConfigDict(
        env_prefix="LATCHKEY_",
        env_file=DOT_ENV,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
        validate_default=True,
        str_strip_whitespace=True,
    )

    key: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    public_url: Home = ""
    data_dir: Path = Path("instance")
    timezone: Zone = "UTC"
    proxy_hops: Annotated[int, Field(ge=0, le=5)] = 0
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "console", "json"] = "auto"
    metrics_token: MachinesToken = SecretStr("")
    security_contact: Contact = ""

    database_url: Annotated[DatabaseAddress, _env("DATABASE_URL")] = ""
    redis_url: Annotated[CacheAddress, _env("REDIS_URL")] = ""

    db_connect_timeout: Annotated[int, Field(ge=2)] = 3
    db_tcp_timeout: Seconds = 5
    db_keepalive: Seconds = 10
    db_lock_timeout: Seconds = 3
    db_statement_timeout: Seconds = 30
    db_idle_timeout: Seconds = 20

    smtp_url: Annotated[MailServer, _env("SMTP_URL")] = SecretStr("")
    smtp_require_tls: bool | None = None
    mail_from: MailAddress = ""

    client_id: Annotated[OneWord, _env("CTCT_CLIENT_ID")] = ""
    client_secret: Annotated[SecretStr, _env("CTCT_CLIENT_SECRET")] = SecretStr("")
    auth_url: Annotated[WebAddress, _env("CTCT_AUTH_URL")] = (
        "https://authz.constantcontact.com/oauth2/default/v1"
    )
    api_url: Annotated[WebAddress, _env("CTCT_API_URL")] = "https://api.cc.email/v3"
    keys_url: Annotated[str, _env("CTCT_KEYS_URL")] = ""
    scopes: Scopes = "contact_data account_read offline_access"
    pkce: bool = True
    transaction_minutes: Seconds = 10
    http_deadline: Seconds = 10
    token_lease: Seconds = 15
    token_gap: Seconds = 1.25

    worker: Literal["embedded", "off"] = "embedded"
    worker_threads: Annotated[int, Field(ge=1, le=32)] = 2
    worker_poll: Seconds = 0.5
    delivery_lease: Seconds = 60
    retry_first: Seconds = 15
    retry_most: Seconds = 300
    park_after_days: Days = 3
    wait_days: Days = 30
    optouts_max_age: Seconds = 60
    call_gap: Seconds = 0.27
    calls_per_day: Annotated[int, Field(ge=1)] = 10_000
    import_mb: Annotated[int, Field(ge=1, le=1000)] = 50
    import_job_rows: Annotated[int, Field(ge=1, le=40_000)] = 40_000

    request_seconds: Seconds = 10
    upload_seconds: Seconds = 300
    session_idle_hours: Hours = 12
    session_days: Days = 7
    form_min_seconds: Annotated[float, Field(ge=0)] = 2
    form_max_seconds: Seconds = 86_400
    signup_limits: Limits = "60 per minute"
    network_people: Count = 30
    address_presses: Count = 3
    attack_presses: Count = 60
    unproven_presses: Count = 8
    keep_networks: Literal["full", "shortened", "none"] = "shortened"
    disposable_domains: ReadableFile = None
    check_mail_domains: bool = True
    mail_name: str = ""
    mail_reply_to: MailAddress = ""
    confirm_days: Days = 7
    remind_days: Days = 3
    confirm_mails_per_form: Limits = "60 per hour"
    confirm_mails_per_address: Limits = "3 per day"
    sign_in_limits: Limits = "5 per minute; 30 per hour"
    connect_limits: Limits = "30 per minute"

    @field_validator("key", mode="before")
    @classmethod
    def _split_keys(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(value.replace(",", " ").split())

    @field_validator("key")
    @classmethod
    def _keys_open(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not value:
            raise ValueError(
                "is not set, and Latchkey encrypts tokens with it. Create one with:"
                " flask latchkey new-key"
            )
        for key in value:
            if not is_key(key.get_secret_value()):
                raise ValueError(
                    "has a value that is not a key. Create one with: flask latchkey"
                    " new-key"
                )
        return value

    @model_validator(mode="after")
    def _api_key_is_whole(self) -> Self:
        given, missing = "CTCT_CLIENT_ID", "CTCT_CLIENT_SECRET"
        if not self.client_id:
            given, missing = missing, given
        if bool(self.client_id) != bool(self.client_secret.get_secret_value()):
            raise ValueError(
                f"{missing} is not set, but {given} is: set both, or neither and enter"
                " them at /setup"
            )
        return self

    @model_validator(mode="after")
    def _leases_outlive_calls(self) -> Self:
        if self.token_lease <= self.http_deadline:
            raise ValueError(
                "LATCHKEY_TOKEN_LEASE must be longer than LATCHKEY_HTTP_DEADLINE, "
                "or two processes could spend one refresh token"
            )
        if self.delivery_lease <= 2 * self.http_deadline:
            raise ValueError(
                "LATCHKEY_DELIVERY_LEASE must be longer than two calls (2 x"
                " LATCHKEY_HTTP_DEADLINE)"
            )
        return self

    @property
    def database(self) -> str:
        """Return DATABASE_URL for SQLAlchemy, or that of a file in the data folder."""
        if self.database_url:
            return self.database_url.replace("postgres://", "postgresql://", 1)
        return f"sqlite:///{self.data_dir.resolve() / 'latchkey.db'}"

    @property
    def keys_address(self) -> str:
        """Return where the provider's signing keys are: on a host of their own, or with
        a stand-in on the same host.
        """
        if self.keys_url:
            return self.keys_url
        if self.auth_url.startswith("https://authz.constantcontact.com/"):
            host = "https://identity.constantcontact.com"
        else:
            host = "/".join(self.auth_url.split("/")[:3])
        return f"{host}/oauth2/aus1lm3ry9mF7x2Ja0h8/v1/keys"  # contract section 0

    @property
    def mails(self) -> bool:
        """Whether people are told by mail at all."""
        return bool(self.smtp_url.get_secret_value())

    @property
    def mail_sender(self) -> str:
        """Return LATCHKEY_MAIL_FROM, or latchkey@ the host of the public address."""
        return self.mail_from or f"latchkey@{mail_domain(self.public_url)}"

    @property
    def redirect_uri(self) -> str:
        """Return the one redirect URI to register at the provider, to the letter."""
        return f"{self.public_url}/connect/callback"

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")


def load(**overrides: Any) -> Settings:
    """Read the settings, or raise `SettingsError` with one sentence for each that is
    wrong.
    """
    environment = {**_dot_env(), **os.environ}
    known = _known()
    ours = [name for name in environment if name.startswith("LATCHKEY_")]
    if misspelt := [name for name in ours if name not in known]:
        raise SettingsError("\n".join(_did_you_mean(name, known) for name in misspelt))
    try:
        return Settings(**{**_secrets_from_files(environment), **overrides})
    except ValidationError as error:
        raise SettingsError(_in_words(error)) from None


def _dot_env() -> dict[str, str | None]:
    try:
        return dotenv_values(DOT_ENV)
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"{DOT_ENV} can't be read. Check that it is a UTF-8 text file and that you"
            " may read it."
        ) from None


def _known() -> set[str]:
    return {*names().values(), *(f"{name}_FILE" for name in SECRETS), *NOT_OURS}


def _did_you_mean(name: str, known: set[str]) -> str:
    close = get_close_matches(name, known, n=1)
    if close:
        return f"{name} is not a setting. Did you mean {close[0]}?"
    return f"{name} is not a setting."


def _secrets_from_files(environment: Mapping[str, str | None]) -> dict[str, str]:
    secrets = {}
    for name in SECRETS:
        path = environment.get(f"{name}_FILE")
        if name == "LATCHKEY_KEY" and not path:
            path = _default_key_file(environment.get("LATCHKEY_DATA_DIR") or "")
        if path and not environment.get(name):
            secrets[_field_of(name)] = _read(name, path)
    return secrets


def _default_key_file(data_dir: str) -> str | None:
    """Return the path of the file that `new-key` writes, where there is one."""
    path = os.path.join(data_dir.strip() or "instance", DEFAULT_KEY_FILE)
    return path if os.path.isfile(path) else None


def _read(name: str, path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"{name}_FILE names {path}, which cannot be read."
        ) from None


def _field_of(name: str) -> str:
    return name.removeprefix("LATCHKEY_").removeprefix("CTCT_").lower()


def names() -> dict[str, str]:
    """Return every setting by its field: {"key": "LATCHKEY_KEY", …}."""
    return {field: _name(field) for field in Settings.model_fields}


def _name(field: str) -> str:
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return f"LATCHKEY_{field.upper()}"


def _in_words(error: ValidationError) -> str:
    return "\n".join(_sentence(item["loc"], item["msg"]) for item in error.errors())


def _sentence(location: tuple[Any, ...], message: str) -> str:
    """Put a name before a message: ours go on from it, pydantic's stand behind a colon."""
    name = " ".join(map(str, location))
    if location and location[0] in Settings.model_fields:
        name = _name(location[0])
    if message.startswith("Value error, "):
        return f"{name} {message.removeprefix('Value error, ')}.".lstrip()
    return f"{name}: {message}."
