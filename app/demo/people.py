"""Who signs up in the demo: invented, from many places, the same at every start."""

import random
from collections.abc import Iterator

FIRST = (
    "Zoë",
    "Amira",
    "Bjørn",
    "Chloé",
    "Dmitri",
    "Élise",
    "Farah",
    "Grace",
    "Hiroshi",
    "Íñigo",
    "Jana",
    "Kwame",
    "Lucía",
    "Małgorzata",
    "Noël",
    "Olga",
    "Priya",
    "Quinn",
    "Ravi",
    "Siobhán",
    "Tomáš",
    "Uma",
    "Vittoria",
    "Wei",
    "Xóchitl",
    "Yusuf",
    "Åse",
    "美咲",
    "محمد",
    "Ελένη",
)
LAST = (
    "O’Brien-Łukasiewicz",
    "Haddad",
    "Sørensen",
    "Dubois",
    "Ivanov",
    "Côté",
    "Nasser",
    "Okafor",
    "Tanaka",
    "Ibáñez",
    "Nováková",
    "Mensah",
    "García",
    "Wiśniewska",
    "Müller",
    "Petrova",
    "Sharma",
    "Reyes",
    "Patel",
    "Ní Bhriain",
    "Dvořák",
    "Lindqvist",
    "Rossi",
    "Zhang",
    "Hernández",
    "Yılmaz",
    "Berg",
    "佐藤",
    "علي",
    "Παππά",
)
MAILS = (
    "example.com",
    "example.org",
    "example.net",
    "mail.example.com",
    "post.example.org",
)


def people(seed: int) -> Iterator[tuple[str, str, str]]:
    """(address, first name, last name), without end; addresses never repeat."""
    dice, number = random.Random(seed), 0
    while True:
        number += 1
        tag = dice.choice(("", "", "", "", "+news", "+shop"))
        yield (
            f"guest{seed}{number:03}{tag}@{dice.choice(MAILS)}",
            dice.choice(FIRST),
            dice.choice(LAST),
        )
