"""Who signs up in the demo: invented, from many places, the same at every start."""

import random
from collections.abc import Iterator
from typing import NamedTuple

FIRST_NAMES = (
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
LAST_NAMES = (
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
MAIL_HOSTS = (
    "example.com",
    "example.org",
    "example.net",
    "mail.example.com",
    "post.example.org",
)


TAGS = ("", "", "", "", "+news", "+shop")


class Person(NamedTuple):
    email: str
    first_name: str
    last_name: str


def people(seed: int) -> Iterator[Person]:
    """Give people without end; their addresses never repeat."""
    dice, number = random.Random(seed), 0
    while True:
        number += 1
        tag, host = dice.choice(TAGS), dice.choice(MAIL_HOSTS)
        yield Person(
            email=f"guest{seed}{number:03}{tag}@{host}",
            first_name=dice.choice(FIRST_NAMES),
            last_name=dice.choice(LAST_NAMES),
        )
