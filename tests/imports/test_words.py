"""Whatever can be wrong with an import has words."""

import re

from app.constant_contact import errors
from app.imports.following import ENDS
from app.imports.models import ImportState, PartState
from app.messages import imports as said
from tests.house import ROOT

SOURCE = "\n".join(
    path.read_text() for path in sorted((ROOT / "app/imports").glob("*.py"))
)


def test_every_reason_has_a_sentence() -> None:
    named = set(
        re.findall(
            r'(?:ImportRejected|Bad|_back)\((?:session, row, )?"([a-z_]+)"', SOURCE
        )
    )
    named |= set(re.findall(r'Problem\(line, [^,]+, "([a-z_]+)"', SOURCE))
    named |= set(re.findall(r'reason = (?:PartState.FAILED, )?"([a-z_]+)"', SOURCE))
    named |= {*filter(None, ENDS.values())} | {kind.reason for kind in errors.ALL}

    assert len(named) > 60
    assert named - said.SENTENCES.keys() == set()


def test_every_state_has_words() -> None:
    assert {*ImportState} == said.STATES.keys()
    assert {*PartState} == said.PART_STATES.keys()


def test_values_are_filled_in_and_missing_ones_do_no_harm() -> None:
    assert said.sentence("too_big", {"most": 50}).startswith(
        "This file is larger than 50 MB."
    )
    assert said.sentence("too_big", {})
    assert said.sentence("", {}) == ""
    assert said.sentence("of_a_later_version", {}) == "of_a_later_version"
