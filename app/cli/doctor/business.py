"""What Latchkey is there for: accounts, sign-ups, imports and mails, and whether all of
it adds up.
"""

from app import messages
from app.cli.doctor.finding import Finding, count_of
from app.delivery import read_back
from app.imports import queries
from app.imports.models import ImportState
from app.mail import outbox
from app.services import services
from app.signups.models import SignupState
from app.stats import account_ranking, counts
from app.status import waiting

MAX_NAMED = 5
STILL_OPEN = ("of its forms still takes", "of its forms still take")


def check_accounts() -> list[Finding]:
    """Say who needs their owner, and what stops accounts that only an operator can
    mend.
    """
    now = services().clock.now()
    summary = account_ranking.summary(now)
    home = services().settings.public_url
    findings = [
        Finding(
            "Accounts",
            False,
            f"{count_of(number, 'is', 'are')} stopped: {messages.reason(reason)}",
            f"See {home}/setup",
        )
        for reason, number in summary.stopped.items()
        if number
    ]
    need_owners = summary.by_state["needs_owner"] - sum(summary.stopped.values())
    if need_owners > 0:
        named = [name for _, name in account_ranking.need_their_owner(now, MAX_NAMED)]
        findings.append(
            Finding(
                "Accounts",
                False,
                f"{count_of(need_owners, 'needs its owner', 'need their owners')}:"
                f" {_listed(named, need_owners)}.",
                f"Send each owner a connect link: {home}/accounts?show=attention",
            )
        )
    findings += [
        Finding(
            "Accounts",
            False,
            f"{door.account} is disconnected, but"
            f" {count_of(door.forms, *STILL_OPEN)} sign-ups. They will wait.",
            f"Reconnect it or close its forms: {home}/accounts/{door.account_id}",
        )
        for door in account_ranking.closed_doors(now)
    ]
    return findings or [_well_accounts(summary, home)]


def _well_accounts(summary: account_ranking.Summary, home: str) -> Finding:
    connected = summary.connected
    if not connected:
        return Finding(
            "Accounts",
            None,
            "No account is connected.",
            f"Connect one at {home}/accounts",
        )
    if summary.unwell:
        healthy = connected - summary.unwell
        return Finding(
            "Accounts",
            None,
            f"{healthy:,} of {connected:,} are healthy. Latchkey is retrying"
            f" {summary.unwell:,}.",
            f"See {home}/accounts?show=attention",
        )
    return Finding(
        "Accounts", True, f"{count_of(connected, 'is', 'are')} connected and healthy."
    )


def _listed(names: list[str], total: int) -> str:
    text = ", ".join(names)
    if total > len(names):
        text += f" and {total - len(names):,} more"
    return text


def check_signups() -> list[Finding]:
    """Say who waits and why, and how many a person has to look at."""
    by_state = counts.balance().by_state
    held, parked = by_state[SignupState.HELD], by_state[SignupState.PARKED]
    page = f"{services().settings.public_url}/signups"
    queue = _queue()
    if parked:
        return [
            Finding(
                "Sign-ups",
                False,
                f"{queue} {count_of(parked, 'needs', 'need')} a fix: Constant Contact"
                " won't accept them as they are.",
                f"Each one says why at {page}?state=parked",
            )
        ]
    if held:
        return [
            Finding(
                "Sign-ups",
                None,
                f"{queue} {count_of(held, 'is', 'are')} on hold until you decide.",
                f"Decide at {page}?state=held",
            )
        ]
    return [Finding("Sign-ups", True, f"{queue} None is on hold or needs a fix.")]


def _queue() -> str:
    """Say how many wait, and how many of them for each cause."""
    who_waits = waiting.waiting(services().clock.now())
    if not who_waits.total:
        return "None is waiting."
    causes = [
        f"{messages.CAUSES_OF_WAITING[cause]}: {number:,}"
        for cause, number in who_waits.by_cause().items()
    ]
    return f"{count_of(who_waits.total, 'is', 'are')} waiting ({'; '.join(causes)})."


def check_imports() -> list[Finding]:
    """Say which of them failed, and which wait for a person."""
    by_state = queries.by_state()
    failed, checked = by_state[ImportState.FAILED], by_state[ImportState.CHECKED]
    page = f"{services().settings.public_url}/imports"
    if failed:
        return [
            Finding(
                "Imports",
                False,
                f"{failed:,} finished with errors.",
                f"Each says why at {page}",
            )
        ]
    if checked:
        return [
            Finding(
                "Imports",
                None,
                f"{count_of(checked, 'was', 'were')} checked but not sent yet.",
                f"Send or discard at {page}",
            )
        ]
    return [Finding("Imports", True, "None failed.")]


def check_mails() -> list[Finding]:
    """Say whether people could be told; nothing when there are no mails."""
    late, given_up = outbox.trouble(services().clock.now())
    if late or given_up:
        return [
            Finding(
                "Mails",
                False,
                f"{count_of(late, 'has', 'have')} waited more than ten minutes,"
                f" {count_of(given_up, 'was', 'were')} given up in the last seven"
                " days.",
                f"See {services().settings.public_url}/setup#mail",
            )
        ]
    if not services().settings.mails:
        return []
    return [Finding("Mails", True, "No emails are late, and none were given up.")]


def check_arrivals() -> list[Finding]:
    """Say whether what was delivered is there, by the sample that was read back."""
    now = services().clock.now()
    read, drifted = sum(read_back.lately(now).values()), len(read_back.drifted(now))
    if not read:
        nothing = "No delivered sign-ups were checked in the last seven days."
        return [Finding("Arrivals", None, nothing)]
    was_read = f"{read} delivered sign-ups were checked in the last seven days"
    if drifted:
        return [
            Finding(
                "Arrivals",
                False,
                f"{was_read}, and {drifted} were not as sent.",
                "Open the overview for the newest of them.",
            )
        ]
    return [
        Finding(
            "Arrivals", True, f"{was_read}. All are as sent, or the people left since."
        )
    ]


def check_balance() -> list[Finding]:
    """Count every row, whatever was counted before."""
    audit = counts.audit()
    balance, advice, pages = audit.balance, "", ""
    if audit.miscounted:
        advice = "A worker corrects them within a day. If it doesn't, restart it."
        pages = (
            f" The counts that the pages start from are off by {audit.miscounted:,}."
        )
    accepted = f"{balance.accepted:,} sign-ups accepted"
    if balance.holds:
        return [
            Finding(
                "Balance",
                not audit.miscounted,
                f"{accepted}, and every one is accounted for.{pages}",
                advice,
            )
        ]
    return [
        Finding(
            "Balance",
            False,
            f"{accepted}, but {balance.rows:,} are stored.{pages}",
            "Something other than Latchkey changed the database. Check the backup"
            " first.",
        )
    ]
