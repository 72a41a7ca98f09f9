"""Settings: read from the environment, refused with one sentence that names them and
hides what they hold.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.config import settings as config_settings
from app.config.settings import Settings, SettingsError, load
from app.core.crypto import new_key

KEY = "bGF0Y2hrZXktdGVzdC1rZXktb2YtMzItYnl0ZXMhISE="
HOME = "https://signup.example.org"
Load = Callable[..., Settings]


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Load]:
    """Load settings from an environment of their own, in a folder of their own."""
    before, folder = dict(os.environ), Path.cwd()
    os.chdir(tmp_path)
    os.environ["LATCHKEY_PUBLIC_URL"] = HOME

    def from_environment(**values: str) -> Settings:
        os.environ.update(values)
        return load()

    yield from_environment
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(before)


def refused(call: Any, **values: str) -> str:
    with pytest.raises(SettingsError) as error:
        call(**values)
    assert error.value.__cause__ is None
    return str(error.value)


def test_a_key_and_an_address_are_all_that_must_be_set(given: Load) -> None:
    settings = given(LATCHKEY_KEY=KEY)

    assert [key.get_secret_value() for key in settings.key] == [KEY]
    assert settings.worker == "embedded"
    assert settings.redirect_uri == f"{HOME}/connect/callback"
    assert settings.scopes == "contact_data account_read offline_access"
    assert settings.database.endswith("/instance/latchkey.db")


def test_a_token_that_could_be_guessed_is_refused(given: Load) -> None:
    sentence = refused(given, LATCHKEY_KEY=KEY, LATCHKEY_METRICS_TOKEN="x" * 15)

    assert sentence.startswith("LATCHKEY_METRICS_TOKEN has fewer than 16 characters")
    assert "openssl rand -hex 32" in sentence


def test_who_is_told_of_holes_is_an_address(given: Load) -> None:
    good = ("security@example.org", "https://example.org/security")
    for contact in good:
        settings = given(LATCHKEY_KEY=KEY, LATCHKEY_SECURITY_CONTACT=contact)
        assert settings.security_contact == contact
    for contact in ("nobody", "http://localhost/", "ftp://example.org"):
        sentence = refused(given, LATCHKEY_KEY=KEY, LATCHKEY_SECURITY_CONTACT=contact)
        assert sentence.startswith("LATCHKEY_SECURITY_CONTACT ")


def test_without_a_key_it_says_how_to_make_one(given: Load) -> None:
    sentence = refused(given)

    assert sentence.startswith("LATCHKEY_KEY is not set")
    assert "flask latchkey new-key" in sentence
    assert "\n" not in sentence


def test_without_an_address_it_says_how_to_set_it(given: Load) -> None:
    del os.environ["LATCHKEY_PUBLIC_URL"]
    sentence = refused(given, LATCHKEY_KEY=KEY)

    assert sentence.startswith("LATCHKEY_PUBLIC_URL is not set")
    assert "echo LATCHKEY_PUBLIC_URL=https://" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ("CTCT_CLIENT_ID", "CTCT_CLIENT_SECRET"),
        ("CTCT_CLIENT_SECRET", "CTCT_CLIENT_ID"),
    ],
)
def test_half_an_api_key_is_refused(given: Load, there: str, missing: str) -> None:
    sentence = refused(given, LATCHKEY_KEY=KEY, **{there: "half-of-it"})

    assert sentence.startswith(f"{missing} is not set, but {there} is")
    assert "half-of-it" not in sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LATCHKEY_KEY", "not-a-key-at-all"),
        ("LATCHKEY_KEY", f"{KEY},short-one-here"),
        ("LATCHKEY_PUBLIC_URL", "signup.example-secret.org"),
        ("LATCHKEY_PUBLIC_URL", "http://signup.example-secret.org"),
        ("LATCHKEY_PUBLIC_URL", "https://signup.example-secret.org/?a=b"),
        ("LATCHKEY_PUBLIC_URL", "ftp://example-secret"),
        ("LATCHKEY_PUBLIC_URL", "https://signup.example-secret.org/behind/a/path"),
        ("LATCHKEY_TIMEZONE", "Middle/Earth-secret"),
        ("LATCHKEY_TIMEZONE", "localtime"),
        ("LATCHKEY_TIMEZONE", "Factory"),
        ("LATCHKEY_PROXY_HOPS", "many-secret"),
        ("LATCHKEY_PROXY_HOPS", "9"),
        ("LATCHKEY_LOG_LEVEL", "LOUD-secret"),
        ("LATCHKEY_WORKER", "sometimes-secret"),
        ("LATCHKEY_WORKER_THREADS", "0"),
        ("LATCHKEY_SCOPES", "contact_data,offline_access"),
        ("LATCHKEY_SCOPES", "contact_data+offline_access"),
        ("LATCHKEY_SCOPES", "contact_data"),
        ("LATCHKEY_PKCE", "perhaps-secret"),
        ("LATCHKEY_TRANSACTION_MINUTES", "0"),
        ("LATCHKEY_HTTP_DEADLINE", "-1"),
        ("LATCHKEY_CALL_GAP", "inf"),
        ("LATCHKEY_CALLS_PER_DAY", "0"),
        ("LATCHKEY_RETRY_FIRST", "nan"),
        ("CTCT_API_URL", "http://api.example-secret.org"),
        ("CTCT_AUTH_URL", "nowhere-secret"),
        ("LATCHKEY_SIGNUP_LIMITS", "often-secret"),
        ("LATCHKEY_SIGN_IN_LIMITS", "5 per fortnight-secret"),
        ("LATCHKEY_PUBLIC_URL", "http://[half-an-address"),
        ("LATCHKEY_PUBLIC_URL", "https://signup.example.org:99999"),
        ("LATCHKEY_PUBLIC_URL", "https://two words"),
        ("LATCHKEY_PUBLIC_URL", '"https://signup.example.org"'),
        ("LATCHKEY_PUBLIC_URL", "https://me:secret@example.org"),
        ("CTCT_CLIENT_ID", "schlüssel"),
        ("CTCT_CLIENT_ID", "k" * 81),
        ("REDIS_URL", "secret-nonsense"),
        ("LATCHKEY_TRANSACTION_MINUTES", "1e300"),
        ("LATCHKEY_PARK_AFTER_DAYS", "1e7"),
        ("DATABASE_URL", "postgresql://user:secret@host:port/name"),
        ("DATABASE_URL", "secret-nonsense"),
        ("DATABASE_URL", "mysql://user:secret@host/name"),
        ("DATABASE_URL", "sqlite:///:memory:"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it_and_hides_its_value(
    given: Load, name: str, value: str
) -> None:
    sentence = refused(given, **{"LATCHKEY_KEY": KEY, name: value})

    assert sentence.startswith((f"{name} ", f"{name}: "))
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "secret" not in sentence.replace(name, "")
    assert KEY not in sentence
    assert "validation error" not in sentence


@pytest.mark.parametrize(
    "name",
    sorted(
        {*config_settings.names().values()} - {"LATCHKEY_KEY", "LATCHKEY_PUBLIC_URL"}
    ),
)
def test_what_is_empty_counts_as_not_set(given: Load, name: str) -> None:
    """As a compose file hands on what nobody has set."""
    assert given(LATCHKEY_KEY=KEY, **{name: ""}) == given()


def test_blanks_and_line_ends_around_a_value_are_of_no_account(given: Load) -> None:
    settings = given(
        LATCHKEY_KEY=f"{KEY}\n",
        LATCHKEY_PUBLIC_URL=f" {HOME}\n",
        LATCHKEY_TIMEZONE="Asia/Kathmandu\n",
        CTCT_CLIENT_ID="an-api-key\n",
        CTCT_CLIENT_SECRET="its-secret\n",
    )

    assert settings.redirect_uri == f"{HOME}/connect/callback"
    assert settings.timezone == "Asia/Kathmandu"
    assert (settings.client_id, settings.client_secret.get_secret_value()) == (
        "an-api-key",
        "its-secret",
    )


def test_a_dot_env_file_that_is_no_text_is_said_to_be_none(
    given: Load, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(f"LATCHKEY_KEY={KEY}\n", encoding="utf-16")

    assert refused(given).startswith(".env can't be read.")


def test_several_wrong_settings_are_told_together(given: Load) -> None:
    sentences = refused(given, LATCHKEY_WORKER="x", LATCHKEY_TIMEZONE="y").splitlines()

    assert sorted(sentence.split()[0].rstrip(":") for sentence in sentences) == [
        "LATCHKEY_KEY",
        "LATCHKEY_TIMEZONE",
        "LATCHKEY_WORKER",
    ]


def test_leases_must_outlive_the_calls_they_cover(given: Load) -> None:
    tokens = refused(
        given, LATCHKEY_KEY=KEY, LATCHKEY_HTTP_DEADLINE="15", LATCHKEY_TOKEN_LEASE="15"
    )
    os.environ["LATCHKEY_TOKEN_LEASE"] = "31"
    delivery = refused(given, LATCHKEY_HTTP_DEADLINE="30", LATCHKEY_DELIVERY_LEASE="60")

    assert tokens.startswith(
        "LATCHKEY_TOKEN_LEASE must be longer than LATCHKEY_HTTP_DEADLINE"
    )
    assert delivery.startswith("LATCHKEY_DELIVERY_LEASE must be longer")
    assert given(LATCHKEY_DELIVERY_LEASE="61").delivery_lease == 61


@pytest.mark.parametrize("written", ["{0},{1}", "{0} {1}", "{0}\n{1}\n", " {0} , {1} "])
def test_a_ring_of_keys_is_a_list_of_any_look(given: Load, written: str) -> None:
    ring = [KEY, new_key()]

    assert [
        key.get_secret_value() for key in given(LATCHKEY_KEY=written.format(*ring)).key
    ] == ring


@pytest.mark.parametrize("name", config_settings.SECRETS)
def test_a_secret_may_come_from_a_file(given: Load, tmp_path: Path, name: str) -> None:
    value = {
        "LATCHKEY_KEY": KEY,
        "DATABASE_URL": "postgresql://host/name",
        "REDIS_URL": "redis://cache",
        "SMTP_URL": "smtp://mail",
        "LATCHKEY_METRICS_TOKEN": "a-long-word-from-a-file",
    }.get(name, "from-a-file")
    (tmp_path / "the-secret").write_text(f"{value}\n")
    others = {
        "LATCHKEY_KEY": KEY,
        "CTCT_CLIENT_ID": "an-api-key",
        "CTCT_CLIENT_SECRET": "its-secret",
    }
    settings = given(
        **{key: text for key, text in others.items() if key != name},
        **{f"{name}_FILE": str(tmp_path / "the-secret")},
    )
    field = name.removeprefix("LATCHKEY_").removeprefix("CTCT_").lower()
    held = getattr(settings, field)
    held = held[0] if field == "key" else held

    assert (
        held.get_secret_value() if hasattr(held, "get_secret_value") else held
    ) == value


def test_a_file_that_cannot_be_read_is_named(given: Load) -> None:
    sentence = refused(given, LATCHKEY_KEY_FILE="/nowhere/key")

    assert sentence == "LATCHKEY_KEY_FILE names /nowhere/key, which cannot be read."


def test_a_value_wins_over_a_file(given: Load, tmp_path: Path) -> None:
    (tmp_path / "other").write_text(new_key())
    settings = given(LATCHKEY_KEY=KEY, LATCHKEY_KEY_FILE=str(tmp_path / "other"))

    assert settings.key[0].get_secret_value() == KEY


def test_the_key_of_the_data_folder_is_found(given: Load, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "latchkey.key").write_text(KEY)

    assert given(LATCHKEY_DATA_DIR="data").key[0].get_secret_value() == KEY


def test_a_dot_env_file_counts_less_than_the_environment(
    given: Load, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(
        f"LATCHKEY_KEY={KEY}\nLATCHKEY_TIMEZONE=Europe/Berlin\nLATCHKEY_WORKER=off\n"
    )
    settings = given(LATCHKEY_WORKER="embedded")

    assert (settings.timezone, settings.worker) == ("Europe/Berlin", "embedded")


def test_a_dot_env_file_counts_more_than_the_key_of_the_data_folder(
    given: Load, tmp_path: Path
) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "latchkey.key").write_text(new_key())
    (tmp_path / ".env").write_text(f"LATCHKEY_KEY={KEY}\n")

    assert given().key[0].get_secret_value() == KEY


def test_a_dot_env_file_may_name_the_data_folder_and_secret_files(
    given: Load, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "latchkey.key").write_text(KEY)
    (tmp_path / "secret").write_text("from-a-file")
    (tmp_path / ".env").write_text(
        "LATCHKEY_DATA_DIR=data\nCTCT_CLIENT_ID=an-api-key\n"
        f"CTCT_CLIENT_SECRET_FILE={tmp_path / 'secret'}\n"
    )
    settings = given()

    assert settings.key[0].get_secret_value() == KEY
    assert settings.client_secret.get_secret_value() == "from-a-file"


def test_settings_never_show_their_secrets(given: Load) -> None:
    settings = given(
        LATCHKEY_KEY=KEY, CTCT_CLIENT_ID="an-api-key", CTCT_CLIENT_SECRET="hush-hush"
    )

    assert KEY not in repr(settings) + str(settings)
    assert "hush-hush" not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("postgres://u:p@h/n", "postgresql://u:p@h/n"),
        ("postgresql+psycopg://u@h/n", "postgresql+psycopg://u@h/n"),
        ("sqlite:////tmp/a.db", "sqlite:////tmp/a.db"),
    ],
)
def test_a_database_address_of_the_usual_kinds_is_taken(
    given: Load, written: str, meant: str
) -> None:
    assert given(LATCHKEY_KEY=KEY, DATABASE_URL=written).database == meant


def test_a_slash_at_the_end_of_an_address_is_of_no_account(given: Load) -> None:
    settings = given(
        LATCHKEY_KEY=KEY, LATCHKEY_PUBLIC_URL="https://signup.example.org/"
    )

    assert settings.redirect_uri == "https://signup.example.org/connect/callback"
    assert settings.https


def test_every_setting_has_a_name_of_its_own() -> None:
    names = config_settings.names()

    assert len(set(names.values())) == len(names) == len(Settings.model_fields)
    assert names["client_id"] == "CTCT_CLIENT_ID"
    assert names["token_lease"] == "LATCHKEY_TOKEN_LEASE"


def test_a_misspelt_setting_is_named_with_the_one_it_may_mean(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LATCHKEY_WORKR", "off")
    monkeypatch.setenv("LATCHKEY_KEY", KEY)

    with pytest.raises(
        SettingsError,
        match=r"LATCHKEY_WORKR is not a setting. Did you mean LATCHKEY_WORKER\?",
    ):
        load(_env_file=None)
