"""Sealing: what a row's column holds opens there and nowhere else, with any key of the
ring.
"""

import pytest
from cryptography.fernet import Fernet

from app.core.crypto import CannotDecrypt, Cipher, digest, new_key

OLD, NEW, OTHER = new_key(), new_key(), new_key()
HERE = ("token_set", "row-1", "access_token")


@pytest.mark.parametrize(
    "text", ["a-token", "", "ünïcödé ☂", "x" * 20_000, '["a"]', "\x00"]
)
def test_what_is_sealed_opens_again(text: str) -> None:
    vault = Cipher([NEW])
    sealed = vault.encrypt(text, *HERE)

    assert vault.decrypt(sealed, *HERE) == text
    assert not text or text not in sealed


def test_the_same_text_is_sealed_differently_each_time() -> None:
    assert len({Cipher([NEW]).encrypt("a-token", *HERE) for _ in range(20)}) == 20


@pytest.mark.parametrize(
    "there",
    [
        ("other", "row-1", "access_token"),
        ("token_set", "row-2", "access_token"),
        ("token_set", "row-1", "refresh_token"),
    ],
)
def test_a_value_moved_elsewhere_does_not_open(there: tuple[str, str, str]) -> None:
    sealed = Cipher([NEW]).encrypt("a-token", *HERE)

    with pytest.raises(CannotDecrypt, match="sealed for another row") as shut:
        Cipher([NEW]).decrypt(sealed, *there)
    assert "a-token" not in str(shut.value)


@pytest.mark.parametrize(
    "damage",
    [lambda s: s[:-4] + "AAA=", lambda s: "", lambda s: "plain", lambda s: s[10:]],
)
def test_a_damaged_value_does_not_open(damage: object) -> None:
    sealed = Cipher([NEW]).encrypt("a-token", *HERE)

    with pytest.raises(CannotDecrypt):
        Cipher([NEW]).decrypt(damage(sealed), *HERE)  # type: ignore[operator]


def test_a_foreign_key_does_not_open_it_and_the_message_says_which_setting_to_look_at() -> (
    None
):
    with pytest.raises(CannotDecrypt, match="LATCHKEY_KEY"):
        Cipher([OTHER]).decrypt(Cipher([NEW]).encrypt("a-token", *HERE), *HERE)


def test_a_value_that_was_not_sealed_by_a_vault_does_not_open() -> None:
    for inside in (
        b"[]",
        b'"text"',
        b"7",
        b"not json",
        b'["token_set", "row-1", "access_token"]',
    ):
        with pytest.raises(CannotDecrypt):
            Cipher([NEW]).decrypt(Fernet(NEW).encrypt(inside).decode(), *HERE)


def test_a_ring_seals_with_its_first_key_and_opens_with_all() -> None:
    before, both = Cipher([OLD]).encrypt("old", *HERE), Cipher([NEW, OLD])
    after = both.encrypt("new", *HERE)

    assert both.decrypt(before, *HERE) == "old"
    assert Cipher([NEW]).decrypt(after, *HERE) == "new"
    with pytest.raises(CannotDecrypt):
        Cipher([OLD]).decrypt(after, *HERE)
    with pytest.raises(CannotDecrypt):
        Cipher([NEW]).decrypt(before, *HERE)


def test_derived_texts_are_one_per_key_stable_and_apart_by_purpose() -> None:
    both = Cipher([NEW, OLD])

    assert both.derived("cookies") == Cipher([NEW]).derived("cookies") + Cipher(
        [OLD]
    ).derived("cookies")
    assert len({*both.derived("cookies"), *both.derived("form tokens"), NEW, OLD}) == 6


def test_a_fingerprint_tells_equal_from_different_and_survives_a_new_key() -> None:
    assert Cipher([OLD]).fingerprint("x") == Cipher([NEW, OLD]).fingerprint("x")
    assert Cipher([OLD]).fingerprint("x") != Cipher([OLD]).fingerprint("y")
    assert Cipher([OTHER]).fingerprint("x") != Cipher([OLD]).fingerprint("x")
    assert "x" * 40 not in Cipher([OLD]).fingerprint("x" * 40)


def test_a_digest_is_one_way_and_stable() -> None:
    assert digest("token") == digest("token")
    assert len(digest("token")) == 64
