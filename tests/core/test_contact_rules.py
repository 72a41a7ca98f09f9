"""What the provider takes of a contact is the same for forms and for files."""

import pytest
from email_validator import EmailNotValidError, validate_email

from app.core.contact_rules import MAX_EMAIL_OF_MAIL, ascii_email, split_choices

ADDRESSES = [
    "zoe@example.com",
    "ZOE@EXAMPLE.COM",
    "zoe@München.de",
    "zoe+news@straße.example",
    "zoe.o'neill@xn--bcher-kva.example",
    "zoe@foo.local",
    "zoe@localhost",
    "zoe@-a.com",
    "zoe@a_b.com",
    "zoë@example.com",
    ".zoe@example.com",
    "zo..e@example.com",
    '"zoe"@example.com',
    "zoe@[192.0.2.1]",
    "zoe@example.com.",
    "zoe@ex ample.com",
    "a@b@example.com",
    "@example.com",
    "zoe@",
    "",
    f"{'z' * 64}@example.com",
    f"{'z' * 65}@example.com",
    f"zoe@{'.'.join(['c' * 60] * 4)}.org",
    f"{'z' * 20}@{'.'.join(['c' * 57] * 4)}.org",
]


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_read_as_the_library_reads_it_whole(text: str) -> None:
    try:
        expected = validate_email(
            text, check_deliverability=False, strict=True, allow_smtputf8=False
        ).ascii_email
    except EmailNotValidError:
        with pytest.raises(ValueError):
            ascii_email(text)
    else:
        assert ascii_email(text) == expected
        assert len(ascii_email(text)) <= MAX_EMAIL_OF_MAIL


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Events", ["Events"]),
        ("Events, Offers", ["Events", "Offers"]),
        ("Food, drink, Events", ["Food, drink", "Events"]),
        ("Food", []),
        ("Races, Events", ["Events"]),
        ("", []),
    ],
)
def test_joined_choices_come_apart_also_where_a_label_has_a_comma(
    text: str, labels: list[str]
) -> None:
    assert split_choices(text, ("Events", "Offers", "Food, drink")) == labels
