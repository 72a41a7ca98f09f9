"""One mail as a message.

Its headers stay one line each, whatever an account is called.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

MAX_NAME = 80  # characters
MAX_SUBJECT = 250
# Marks that turn the direction of text: they would turn round the words after a name.
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
LINE_BREAKING = ("Cc", "Zl", "Zp", "Cs")


@dataclass(frozen=True)
class Message:
    """What goes to one person.

    `id` stays the same when it is sent again, so that a mail that came twice can be
    told by its Message-ID.
    """

    id: str
    sender: str
    recipient: str
    subject: str
    text: str
    at: datetime
    sender_name: str = ""
    reply_to: str = ""


def message(letter: Message) -> EmailMessage:
    """Return the letter as mail servers want it."""
    email = EmailMessage(policy=SMTP)
    name = one_line(letter.sender_name) or "Latchkey"
    email["From"] = Address(name, addr_spec=letter.sender)
    email["To"] = Address(addr_spec=letter.recipient)
    if letter.reply_to:
        email["Reply-To"] = Address(addr_spec=letter.reply_to)
    email["Subject"] = one_line(letter.subject, MAX_SUBJECT)
    email["Date"] = format_datetime(letter.at)
    domain = letter.sender.rpartition("@")[2]
    email["Message-ID"] = f"<{letter.id}@{domain}>"
    # so that no out-of-office message answers it (RFC 3834)
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(letter.text, charset="utf-8", cte="quoted-printable")
    return email


def one_line(text: str, most: int = MAX_NAME) -> str:
    """Make somebody's own name for something fit for a header and for a sentence."""
    line = "".join(map(_or_blank, TURNS.sub("", text)))
    # "=?utf-8?q?=0D=0A?=" would be decoded
    line = " ".join(line.replace("=?", "= ?").split())
    if len(line) > most:
        return f"{line[: most - 1]}…"
    return line


def _or_blank(char: str) -> str:
    if unicodedata.category(char) in LINE_BREAKING:
        return " "
    return char
