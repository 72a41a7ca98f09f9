"""Every reason that code names has its sentence, and every sentence can be translated."""

import ast
import re

from app import messages
from app.accounts import health
from app.constant_contact import errors
from tests.house import ROOT, files

ALL = list(files())


def strings_of(name: str, call: str) -> set[str]:
    """Every literal first argument of `call(...)` in a file, also inside a conditional
    expression.
    """
    tree = next(file.tree for file in ALL if file.name == name)
    found = set()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).split(".")[-1] == call
            and node.args
        ):
            found |= {
                part.value
                for part in ast.walk(node.args[0])
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            }
    return found


def test_every_reason_of_the_provider_has_words() -> None:
    assert {kind.reason for kind in errors.ALL} <= set(messages.REASONS)


def test_every_reason_of_delivery_has_words() -> None:
    verdicts = {
        reason
        for kind in (
            "AccountBlocked",
            "NoToken",
            "NotAttempted",
            "RetryLater",
            "Held",
            "Rejected",
            "Delivered",
            "AskFirst",
        )
        for file in (
            "delivery/deliver",
            "delivery/exact_update",
            "delivery/returning",
            "delivery/unconfirmed",
        )
        for reason in strings_of(file, kind)
    }
    claiming = "".join(
        file.text
        for file in ALL
        if file.name
        in (
            "delivery/claims",
            "delivery/admin_actions",
            "confirmation/state",
            "confirmation/asking",
        )
    )
    written = {
        *re.findall(r'reason(?:"\s*:|\s*=)\s*"(\w+)"', claiming),
        *re.findall(r'_park\(row, "(\w+)"', claiming),
        *re.findall(r'state\.(?:hold|end)\(row, now, "(\w+)"', claiming),
        *re.findall(r'SignupState\.(?:PARKED|CLOSED|HELD),\s+"(\w+)"', claiming),
    }

    assert verdicts >= {"opted_out", "came_back", "known_contact", "known_unasked"}
    assert verdicts >= {"unexpected", "cannot_open"}
    assert written >= {"kept_failing", "kills_worker", "sent_again", "refused"}
    assert written >= {"unconfirmed", "too_many_mails", "bounced", "not_asked"}
    assert (verdicts | written) - {"reason"} <= set(messages.REASONS)


def test_every_reason_of_accounts_has_words() -> None:
    needs = strings_of("accounts/tokens", "NeedsOwner") | {
        "refreshing",
        "grant_refused",
        "answer_lost",
    }
    unwell = {
        part.value
        for file in ALL
        if file.name == "accounts/health"
        for node in file.nodes
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "Health"
        and len(node.args) > 1
        for part in [node.args[1]]
        if isinstance(part, ast.Constant)
    }

    assert unwell >= {"disconnected", "refresh_late"}
    assert needs | unwell | health.ONLY_A_PERSON <= set(messages.REASONS)


def test_every_end_of_a_trip_has_words_and_a_way_to_come_about() -> None:
    raised = {
        reason
        for name in (
            "owner/connect",
            "accounts/oauth_transaction",
            "accounts/connecting",
        )
        for node in ast.walk(next(file.tree for file in ALL if file.name == name))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "ConnectingRefused"
        for reason in [node.args[0]]
        if isinstance(reason, ast.Constant)
        for reason in [reason.value]
    }
    from app.owner import connect

    ends = raised | set(connect.ERROR_REASONS.values()) | {"provider_said"}

    assert ends == set(messages.CONNECTING)


def test_every_occurrence_and_state_has_a_word() -> None:
    happened = {
        found
        for file in ALL
        if file.room in ("accounts", "delivery")
        for found in re.findall(r'(?:what=|_line\()"(\w+)"', file.text)
    }
    from app.signups.models import SignupState

    assert happened >= {"refreshed", "trouble", "mended"}
    assert happened <= set(messages.OCCURRENCES)
    assert set(SignupState) | set(health.ORDER) <= set(messages.STATES)


def test_every_sentence_in_templates_can_be_translated() -> None:
    bare = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        markup = re.sub(
            r"\{#.*?#\}|\{% block \w*_class %\}.*?\{% endblock"
            r" %\}|\{%.*?%\}|\{\{.*?\}\}"
            r"|<(script|style|svg|code)\b.*?</\1>|<[^>]*>",
            "\0",
            path.read_text(),
            flags=re.DOTALL,
        )
        bare += [
            f"{path.name}: {said.strip()}"
            for said in markup.split("\0")
            if re.search(r"[A-Za-z]{3,}", said.replace("Latchkey", ""))
        ]

    assert bare == []
