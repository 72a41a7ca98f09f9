"""One mail as a message: its headers hold no more than one line each, whatever an
account is called.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

MAX_OF_NAME = 80
# they would turn round the words after a name
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Message:
    """What goes to one person.

    `id` is the same each time it is sent, so that a mail which came twice is known.
    """

    id: str
    sender: str
    recipient: str
    subject: str
    text: str
    at: datetime


def message(letter: Message) -> EmailMessage:
    """The letter as mail servers want it."""
    made = EmailMessage(policy=SMTP)
    made["From"] = Address("Latchkey", addr_spec=letter.sender)
    made["To"] = Address(addr_spec=letter.recipient)
    made["Subject"] = one_line(letter.subject, 250)
    made["Date"] = format_datetime(letter.at)
    made["Message-ID"] = f"<{letter.id}@{letter.sender.rpartition('@')[2]}>"
    # RFC 3834: nobody's out-of-office answers it
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.text, charset="utf-8", cte="quoted-printable")
    return made


def one_line(text: str, most: int = MAX_OF_NAME) -> str:
    """Somebody's own name for something, fit for a header and for a sentence: one line,
    not too long.
    """
    calm = "".join(
        " " if unicodedata.category(one) in ("Cc", "Zl", "Zp", "Cs") else one
        for one in text
    )
    # "=?utf-8?q?=0D=0A?=" would be decoded
    line = " ".join(TURNS.sub("", calm).replace("=?", "= ?").split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
