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
    pieces = text.split(CHOICE_SEPARATOR)
    while pieces:
        size = _size_of_first_label(pieces, choices)
        if size:
            labels.append(CHOICE_SEPARATOR.join(pieces[:size]))
        pieces = pieces[size or 1 :]
    return labels


def _size_of_first_label(pieces: list[str], choices: tuple[str, ...]) -> int:
    """Count the pieces that make up the first label; 0 when they begin with none."""
    for size in range(len(pieces), 0, -1):
        if CHOICE_SEPARATOR.join(pieces[:size]) in choices:
            return size
    return 0
