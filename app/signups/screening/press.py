"""What is known of a press before it is decided on."""

from dataclasses import dataclass
from enum import StrEnum


class Door(StrEnum):
    """How a press came in."""

    HOSTED = "hosted"  # the form's own page
    FRAMED = "framed"  # in a frame of another site, by script or by hand
    PASTED = "pasted"  # plain HTML in somebody's page: no token, no proof


class Proof(StrEnum):
    """The proof of work that came along."""

    SOLVED = "solved"
    MISSING = "missing"  # no script, or it was not done yet
    WRONG = "wrong"  # made up, of another token, or too easy


@dataclass(frozen=True)
class Usual:
    """How many are usual, before a signal speaks; an operator may choose."""

    network_people: int = 30  # from one network within an hour: a small office
    address_presses: int = 3  # of one address at one form within a day
    form_presses: int = 60  # of one form in ten minutes, whatever its own history
    unproven_presses: int = 8  # the same, without a proof of work

    @property
    def crowd(self) -> int:
        """From one network within an hour: more than an office."""
        return 3 * self.network_people

    @property
    def address_presses_everywhere(self) -> int:
        return 3 * self.address_presses


USUAL = Usual()


@dataclass(frozen=True)
class Press:
    """Everything that screening looks at. Numbers are of stored presses, over all
    hosts; none of them counts the press itself.

    Those of people count other addresses only, so nobody's corrections are held against
    them.
    """

    door: Door
    proof: Proof
    trap_filled: bool = False
    too_fast: bool = False  # than anybody types (LATCHKEY_FORM_MIN_SECONDS)
    disposable: bool = False  # a domain of throw-away addresses
    blocked: str = ""  # "spam" or "not_me" for an address on the list
    # of this token within the last hour: other people, and a network that is not the
    # first one's
    token_people: int = 0
    token_elsewhere: bool = False
    # of this network within the last hour: other people
    network_people: int = 0
    # of this address within the last day, by other tokens: here, and on all forms
    address_presses: int = 0
    address_presses_everywhere: int = 0
    # of this form in the last ten minutes: more than is usual here, and presses without
    # a proof
    form_busy: bool = False
    form_unproven: int = 0
    attack: bool = False  # the form is in attack mode
    event: bool = False  # an admin expects a crowd behind one network
    usual: Usual = USUAL
