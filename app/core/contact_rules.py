"""What Constant Contact accepts of a contact, whether a form or a file brings it.

Contract 4.1 and 5.3. These are facts about values; nothing here makes a call.
"""

from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

MAX_EMAIL = 50  # characters
MAX_EMAIL_OF_MAIL = 254  # characters that any mail server carries (RFC 5321)
MAX_LISTS = 50
MAX_CUSTOM_FIELDS = 25  # of one contact: a sign-up with the 26th is refused
MAX_CUSTOM_VALUE = 255  # characters; several choices of one field share them
# Characters of anything typed or in a cell: longer text is refused whatever it becomes,
# so that it is not even cleaned (Unicode's normal forms take quadratic time).
MAX_TYPED = 2000
# Between several choices of one field. How the provider wants them is not documented
# (contract 9.4 no 7).
CHOICE_SEPARATOR = ", "
# Any valid domain will do: it only completes a local part that is being checked.
SOME_DOMAIN = "latchkey.example.com"


def ascii_email(text: str) -> str:
    """Return the address in ASCII, its domain in lower case.

    Raises `ValueError` for an address that newsletters do not reach.
    """
    # first: the library takes 0.3 s for 60 KB
    if len(text) > MAX_EMAIL_OF_MAIL:
        raise EmailNotValidError
    local, _at, domain = text.rpartition("@")
    if not local or not domain or not local.isascii():
        raise EmailNotValidError
    ascii_domain = _ascii_domain(domain)
    checked = validate_email(
        f"{local}@{SOME_DOMAIN}",
        check_deliverability=False,
        strict=True,
        allow_smtputf8=False,
    )
    address = f"{checked.local_part}@{ascii_domain}"
    if len(address) > MAX_EMAIL_OF_MAIL:
        raise EmailNotValidError
    return address


@lru_cache(20_000)
def _ascii_domain(domain: str) -> str:
    """Return the domain in ASCII.

    The library spends most of its time here, and a file of a million contacts has few
    different domains, so the answers are kept.
    """
    return validate_email(
        f"a@{domain}",
        check_deliverability=False,
        strict=True,
        allow_smtputf8=False,
    ).ascii_domain


def join_choices(labels: list[str]) -> str:
    """Return several choices of one field as the one text that the provider takes."""
    return CHOICE_SEPARATOR.join(labels)


def split_choices(text: str, choices: tuple[str, ...]) -> list[str]:
    """Return the labels that `join_choices` put together, without what is no choice.

    A label may itself contain the separator, so the longest match wins.
    """
    labels: list[str] = []
    known = set(choices)
    pieces = text.split(CHOICE_SEPARATOR)
    most = max((label.count(CHOICE_SEPARATOR) + 1 for label in known), default=0)
    begin = 0
    while begin < len(pieces):
        label, end = _longest_label(pieces, begin, most, known)
        if label:
            labels.append(label)
        begin = end
    return labels


def _longest_label(
    pieces: list[str], begin: int, most: int, known: set[str]
) -> tuple[str, int]:
    """Return the label that the pieces from `begin` on make up, and where it ends.

    "" and the next piece when they begin with none. No label has more than `most`.
    """
    for end in range(min(begin + most, len(pieces)), begin, -1):
        label = CHOICE_SEPARATOR.join(pieces[begin:end])
        if label in known:
            return label, end
    return "", begin + 1
