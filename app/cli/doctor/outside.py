"""Whoever is elsewhere: the mail server and Constant Contact."""

from datetime import UTC, datetime

from app import messages
from app.accounts import api_key
from app.cli.doctor.finding import Finding
from app.core.crypto import CannotDecrypt
from app.mail import smtp
from app.services import services

MAX_OFF_SECONDS, SAME_SECONDS = 60.0, 3.0


def check_mail_server() -> list[Finding]:
    """Sign in there, and send nothing."""
    settings = services().settings
    if not settings.mails:
        return [
            Finding(
                "Mail",
                None,
                "Off: SMTP_URL isn't set. Problems are shown only on the overview.",
                "To send email alerts to owners and admins, set SMTP_URL.",
            )
        ]
    mailbox = smtp.configured_mailbox()
    server = f"{mailbox.host}:{mailbox.port}"
    try:
        smtp.check()
    except smtp.SmtpFailure as failure:
        text = f"{server}: {messages.NOTICE_REASONS[failure.reason]}"
        if failure.detail:
            text += f" It said: {failure.detail}"
        return [
            Finding(
                "Mail",
                False,
                text,
                "No email alerts are sent until this is fixed. See SMTP_URL in"
                " docs/reference.md.",
            )
        ]
    text = f"{server} accepts the login and email from {settings.mail_sender}."
    return [Finding("Mail", True, text)]


def check_provider() -> list[Finding]:
    """Reach both hosts, compare clocks, and try the API key and the redirect URI."""
    settings = services().settings
    hosts = {"Sign-in host": settings.auth_url, "API host": settings.api_url}
    findings: list[Finding] = []
    provider_time: datetime | None = None
    for name, address in hosts.items():
        answer = api_key.reach(address)
        if isinstance(answer, str):
            findings.append(
                Finding(
                    name,
                    False,
                    f"{address} can't be reached ({answer}).",
                    "Check for a firewall in between, or an outage. Sign-ups are still"
                    " accepted.",
                )
            )
        else:
            findings.append(Finding(name, True, f"{address} answers."))
            provider_time = answer or provider_time
    if provider_time:
        findings.append(_compare_clocks(provider_time))
    return [*findings, *_check_api_key()]


def _compare_clocks(provider_time: datetime) -> Finding:
    if provider_time.tzinfo is None:
        provider_time = provider_time.replace(tzinfo=UTC)
    off = (services().clock.now() - provider_time).total_seconds()
    if abs(off) <= SAME_SECONDS:
        return Finding("Clock", True, "Agrees with Constant Contact's.")
    direction = "ahead of" if off > 0 else "behind"
    text = f"{abs(off):.0f} seconds {direction} Constant Contact's."
    if abs(off) <= MAX_OFF_SECONDS:
        return Finding("Clock", True, text)
    return Finding(
        "Clock",
        False,
        text,
        "Set up NTP on this machine. Token lifetimes depend on the clock.",
    )


def _check_api_key() -> list[Finding]:
    if api_key.current() is None:
        return [
            Finding(
                "API key",
                False,
                "Not set, so no account can be connected.",
                f"Open {services().settings.public_url}/setup",
            )
        ]
    try:
        credentials = api_key.credentials()
    except CannotDecrypt:
        return [
            Finding(
                "API key",
                False,
                "The stored key can't be decrypted with this LATCHKEY_KEY.",
                "See Key above.",
            )
        ]
    checked = api_key.check(credentials)
    findings = [
        _tried("API key", checked, messages.API_KEY_CHECKS, bad="client_refused")
    ]
    if findings[0].well:
        checked = api_key.check_redirect(credentials)
        findings.append(
            _tried("Redirect URI", checked, messages.REDIRECT_CHECKS, bad="invalid")
        )
    return findings


def _tried(
    what: str, checked: api_key.Check, sentences: dict[str, object], bad: str
) -> Finding:
    """Word an answer; one that is neither acceptance nor the bad one says nothing."""
    reason, detail = checked
    text = str(sentences.get(reason, sentences["unclear"]))
    if reason == "accepted":
        return Finding(what, True, text)
    if detail:
        text += f" Constant Contact said: {detail}"
    well = False if reason == bad else None
    return Finding(what, well, text, f"See {services().settings.public_url}/setup")
