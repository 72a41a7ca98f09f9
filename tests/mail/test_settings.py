"""SMTP_URL and LATCHKEY_MAIL_FROM: what they mean, and the one sentence for what they
cannot mean.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.config.settings import SettingsError, load
from app.config.types import Mailbox, mail_server
from app.core.crypto import new_key


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[None]:
    """Of a complete installation, in a folder of its own."""
    before, folder = dict(os.environ), Path.cwd()
    os.chdir(tmp_path)
    os.environ.update(
        {"LATCHKEY_KEY": new_key(), "LATCHKEY_PUBLIC_URL": "https://signup.example.org"}
    )
    yield
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("smtp://mail.example.org", Mailbox("mail.example.org", 587, False, "", "")),
        ("smtp://mail.example.org:25/", Mailbox("mail.example.org", 25, False, "", "")),
        ("smtps://mail.example.org", Mailbox("mail.example.org", 465, True, "", "")),
        (
            "smtp://me%40example.org:p%40ss%3A%2F%23@mail.example.org:2525",
            Mailbox("mail.example.org", 2525, False, "me@example.org", "p@ss:/#"),
        ),
        (
            "smtps://apikey:SG.a-b_c@[::1]:465",
            Mailbox("::1", 465, True, "apikey", "SG.a-b_c"),
        ),
    ],
)
def test_an_address_of_a_mail_server(written: str, meant: Mailbox) -> None:
    assert mail_server(written) == meant


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example-secret.org"),
        ("SMTP_URL", "https://mail.example-secret.org"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://:587"),
        ("SMTP_URL", "smtp://host:0"),
        ("SMTP_URL", "smtp://host:many-secret"),
        ("SMTP_URL", "smtp://host:99999"),
        ("SMTP_URL", "smtp://[half-secret"),
        ("SMTP_URL", "smtp://user-secret@host"),
        ("SMTP_URL", "smtp://:secret@host"),
        ("SMTP_URL", "smtp://user:secret/with#slash@host"),
        ("SMTP_URL", "smtp://user:two words-secret@host"),
        ("SMTP_URL", "smtp://user:gehëim-secret@host"),
        ("SMTP_URL", "smtp://user:line%0D%0Asecret@host"),
        ("SMTP_URL", "smtp://host/secret"),
        ("SMTP_URL", "smtp://host?secret=1"),
        ("SMTP_URL", "smtp://hòst-secret"),
        ("LATCHKEY_MAIL_FROM", "secret"),
        ("LATCHKEY_MAIL_FROM", "Latchkey <secret@example.org>"),
        ("LATCHKEY_MAIL_FROM", "a..secret@example.org"),
        ("LATCHKEY_MAIL_FROM", "secret@"),
        ("LATCHKEY_MAIL_FROM", "sécret@example.org"),
        ("LATCHKEY_MAIL_FROM", "secret@exa mple.org"),
        ("LATCHKEY_MAIL_FROM", "secret@" + "a" * 64 + ".org"),
        ("LATCHKEY_MAIL_FROM", "s" * 65 + "@secret.org"),
    ],
)
def test_a_wrong_one_is_one_sentence_that_hides_its_value(
    environment: None, name: str, value: str
) -> None:
    os.environ[name] = value
    with pytest.raises(SettingsError) as error:
        load()
    sentence = str(error.value)

    assert sentence.startswith((f"{name} ", f"{name}: "))
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "secret" not in sentence


def test_the_password_may_come_from_a_file_and_is_never_shown(
    environment: None, tmp_path: Path
) -> None:
    (tmp_path / "smtp").write_text("smtp://user:hush-hush@mail.example.org\n")
    os.environ["SMTP_URL_FILE"] = str(tmp_path / "smtp")
    settings = load()

    assert settings.mails
    assert mail_server(settings.smtp_url.get_secret_value()).password == "hush-hush"
    assert "hush-hush" not in repr(settings) + str(settings)


def test_without_it_nobody_is_told_by_mail(environment: None) -> None:
    os.environ["SMTP_URL"] = ""

    assert not load().mails
