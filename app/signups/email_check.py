"""An e-mail address that the provider can write to, and the one that was probably
meant.
"""

from functools import lru_cache

from flask_babel import gettext
from wtforms.validators import ValidationError

from app.core.contact_rules import MAX_EMAIL, MAX_EMAIL_OF_MAIL, ascii_email

# Where most people have their mail, long enough that one slip makes no other name of
# them.
COMMON = (
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "yahoo.co.uk",
    "hotmail.com",
    "hotmail.co.uk",
    "outlook.com",
    "icloud.com",
    "protonmail.com",
    "comcast.net",
    "verizon.net",
    "sbcglobal.net",
    "bellsouth.net",
    "btinternet.com",
)
# one letter away, and somebody's own
OTHERS = ("ymail.com", "mail.com", "email.com", "gmail.org", "outlook.co.uk")
# No such top-level domains exist.
SLIPS = {
    "con": "com",
    "cmo": "com",
    "vom": "com",
    "xom": "com",
    "comm": "com",
    "coom": "com",
    "cpm": "com",
    "nte": "net",
    "ent": "net",
    "ogr": "org",
    "rog": "org",
}


def address(typed: str) -> str:
    """Return the address in ASCII, its domain in lower case.

    Raises `ValidationError` with advice.
    """
    if not typed:
        raise ValidationError(gettext("Enter your email address."))
    if len(typed) > MAX_EMAIL_OF_MAIL:
        raise _too_long()
    try:
        email = ascii_email(typed)
    except ValueError:
        raise ValidationError(_advice(typed)) from None
    if len(email) > MAX_EMAIL:
        raise _too_long()
    return email


def _too_long() -> ValidationError:
    return ValidationError(
        gettext("Use an address of at most %(most)s characters.", most=MAX_EMAIL)
    )


def meant(email: str) -> str:
    """Guess the address that was meant by one with a slip in its domain; "" when there
    is nothing to suggest.
    """
    local, _at, domain = email.rpartition("@")
    corrected = _corrected(domain)
    suggestion = f"{local}@{corrected}"
    if corrected == domain or len(suggestion) > MAX_EMAIL:
        return ""
    return suggestion


@lru_cache(1000)
def _corrected(domain: str) -> str:
    name, _dot, top = domain.rpartition(".")
    corrected = f"{name}.{SLIPS[top]}" if top in SLIPS else domain
    if corrected in COMMON or corrected in OTHERS:
        return corrected
    similar = (common for common in COMMON if _one_slip(corrected, common))
    return next(similar, corrected)


def _advice(typed: str) -> str:
    local = typed.rpartition("@")[0]
    if local and not local.isascii():
        advice = gettext(
            "We can only send to addresses with plain letters (a to z), numbers, and"
            " symbols before the @. Use another address."
        )
    elif '"' in local or typed.endswith("]"):
        advice = gettext(
            "We can’t send to addresses with quotation marks or a number in brackets."
            " Use another address."
        )
    else:
        advice = gettext(
            "This doesn’t look like an email address we can send to. Enter one like"
            " name@example.com."
        )
    return str(advice)


def _one_slip(typed: str, meant: str) -> bool:
    """Tell whether one letter is wrong, missing, too many, or changed places with its
    neighbour.
    """
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    while typed[:1] == meant[:1]:
        typed, meant = typed[1:], meant[1:]
    wrong = typed[1:] == meant[1:]
    too_many, missing = typed[1:] == meant, typed == meant[1:]
    swapped = typed[:2] == meant[1::-1] and typed[2:] == meant[2:]
    return wrong or too_many or missing or swapped
