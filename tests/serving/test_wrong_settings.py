"""Each required setting missing or wrong, one at a time: one sentence that names it,
and no traceback.
"""

import os
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.crypto import new_key
from tests.serving.processes import ROOT, free_port


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a complete installation in a folder of its own, to be spoilt."""
    before, folder = dict(os.environ), Path.cwd()
    os.chdir(tmp_path)
    os.environ.update(
        {
            "LATCHKEY_KEY": new_key(),
            "LATCHKEY_PUBLIC_URL": "https://signup.example.org",
            "LATCHKEY_DATA_DIR": str(tmp_path / "data"),
            "LATCHKEY_WORKER": "off",
        }
    )
    yield os.environ  # type: ignore[misc]  # as good as a dict
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LATCHKEY_KEY", None, "flask latchkey new-key"),
        ("LATCHKEY_KEY", "", "flask latchkey new-key"),
        ("LATCHKEY_KEY", "hunter2-secret", "flask latchkey new-key"),
        ("LATCHKEY_KEY_FILE", "/nowhere/secret-key", "cannot be read"),
        ("LATCHKEY_PUBLIC_URL", None, "echo LATCHKEY_PUBLIC_URL="),
        ("LATCHKEY_PUBLIC_URL", "", "echo LATCHKEY_PUBLIC_URL="),
        (
            "LATCHKEY_PUBLIC_URL",
            "http://signup.example.org",
            "safe only on this machine. Use https",
        ),
        ("LATCHKEY_PUBLIC_URL", "signup.example.org", "is not a web address"),
        (
            "LATCHKEY_PUBLIC_URL",
            "https://example.org/latchkey",
            "must be at the root of its host",
        ),
        ("LATCHKEY_DATA_DIR", "/dev/null", "LATCHKEY_DATA_DIR"),
        ("LATCHKEY_TIMEZONE", "Bakery/Oven", "is not a time zone"),
        ("LATCHKEY_PROXY_HOPS", "-1", "LATCHKEY_PROXY_HOPS"),
        ("CTCT_CLIENT_ID", "half-of-it", "CTCT_CLIENT_SECRET is not set"),
        ("CTCT_CLIENT_SECRET", "hunter2-secret", "CTCT_CLIENT_ID is not set"),
        (
            "DATABASE_URL",
            "mysql://user:hunter2@host/name",
            "is not a SQLite or PostgreSQL address",
        ),
        (
            "DATABASE_URL",
            "postgresql://user:hunter2@127.0.0.1:{port}/name",
            "Is DATABASE_URL",
        ),
        (
            "SMTP_URL",
            "smtp://user:hunter2/x@mail.example.org",
            "is not a mail server address",
        ),
        ("SMTP_URL_FILE", "/nowhere/secret-url", "cannot be read"),
        (
            "LATCHKEY_MAIL_FROM",
            "Latchkey <hunter2@example.org>",
            "is not an email address",
        ),
        (
            "LATCHKEY_PUBLIC_ULR",
            "https://signup.example.org",
            "Did you mean LATCHKEY_PUBLIC_URL?",
        ),
    ],
)
def test_a_server_ends_with_one_sentence(
    environment: dict[str, str],
    capfd: pytest.CaptureFixture[str],
    name: str,
    value: str | None,
    says: str,
) -> None:
    if name.endswith("_FILE"):
        environment.pop(name.removesuffix("_FILE"), None)
    environment.pop(name, None)
    if value is not None:
        environment[name] = value.format(port=free_port())
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "wsgi.py"))
    said = capfd.readouterr().err

    assert ended.value.code == 3
    assert name.removesuffix("_FILE") in said or says in said
    assert says in said
    assert len(said.strip().splitlines()) <= 3, said
    assert "Traceback" not in said
    assert "hunter2" not in said


def test_the_same_installation_unspoilt_starts(
    environment: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    made = runpy.run_path(str(ROOT / "wsgi.py"))["app"]

    assert made.test_client().get("/healthz").status_code == 200
