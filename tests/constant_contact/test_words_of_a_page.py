"""The words of a page of the provider, whatever it is made of."""

import pytest

from app.constant_contact import redaction
from app.constant_contact.probe import _words_of

SECRET = "s3cret-of-more-than-twenty-characters"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (
            "<html><HEAD><title>400</title></HEAD><body><p>Bad&nbsp;Request: <b>wrong"
            "</b> &amp; 5 > 4<script>if (a<b) go()</script></p><style>p {}</style>.",
            "Bad Request: wrong & 5 > 4 .",
        ),
        ("<head><title>400</title><body>No end of a head", "No end of a head"),
        ("no markup", "no markup"),
        ("<header>kept</header>", "kept"),
        ("cut off <p>in a <ta", "cut off in a"),
        ("&#65;&#" + "9" * 5_000 + ";&#x42;", "AB"),
    ],
)
def test_a_page_is_read_without_its_markup(page: str, words: str) -> None:
    assert _words_of(page) == words


@pytest.mark.parametrize(
    "said",
    [
        f"token={SECRET}, {SECRET[:25]} and {SECRET}{SECRET}!",
        SECRET,
        f"{SECRET}~more",
    ],
)
def test_secrets_are_blanked_with_what_goes_on_like_one(said: str) -> None:
    assert SECRET[:20] not in redaction.without(said, SECRET)
    assert redaction.BLANK in redaction.without(said, SECRET)


def test_words_around_a_secret_stay() -> None:
    assert (
        redaction.without(f"It is {SECRET[:22]}, and no other", SECRET)
        == "It is [redacted], and no other"
    )
