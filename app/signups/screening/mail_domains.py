"""Whether a domain can receive mail, by DNS (RFC 5321, 7505): asked by workers, kept in
the database.

Whatever cannot be asked counts as able to: a name server that is down must not hold up
a sign-up.
"""

import time
from datetime import datetime, timedelta

import dns.exception
import dns.resolver
from flask import current_app
from sqlalchemy import select

from app.core.logs import log
from app.database.session import db, insert, write_transaction
from app.services import services
from app.signups.models import MailDomain

LIFETIME = 2.0  # seconds for all answers about one domain
REST = 60.0  # seconds in which nothing is asked after there was no answer
# How long an answer is good for; None is no answer.
GOOD_FOR = {
    True: timedelta(days=30),
    False: timedelta(days=1),
    None: timedelta(minutes=10),
}
# Reserved for examples and tests (RFC 2606): made-up people live there.
RESERVED = ("example.com", "example.org", "example.net")
RESERVED_ENDINGS = ("example", "test", "invalid", "localhost")


def can_receive(email: str) -> bool:
    """Tell whether mail can reach the address's domain; True when that is unknown.

    Never inside a transaction: it may wait for a name server.
    """
    domain = email.rpartition("@")[2].lower()
    if not services().settings.check_mail_domains or _is_reserved(domain):
        return True
    now = services().clock.now()
    row = db.session.execute(
        select(MailDomain.receives, MailDomain.checked_at).where(
            MailDomain.domain == domain
        )
    ).first()
    db.session.rollback()
    if row and row.checked_at <= now < row.checked_at + GOOD_FOR[row.receives]:
        return row.receives is not False
    if _resting():
        return True
    receives = _ask(domain)
    _keep(domain, receives, now)
    return receives is not False


def _is_reserved(domain: str) -> bool:
    return domain in RESERVED or domain.rpartition(".")[2] in RESERVED_ENDINGS


def _ask(domain: str) -> bool | None:
    try:
        return _by_dns(dns.resolver.get_default_resolver(), domain)
    except (dns.exception.DNSException, OSError) as error:
        log.warning("mail_domain_unknown", error=type(error).__name__)
        current_app.extensions["latchkey.dns_rests_until"] = time.monotonic() + REST
        return None


def _by_dns(resolver: dns.resolver.Resolver, domain: str) -> bool:
    """Ask for the domain's mail servers, else for its own address."""
    name = f"{domain}."
    try:
        answer = resolver.resolve(name, "MX", lifetime=LIFETIME)
        # one that is "." says that the domain takes no mail
        return any(str(record.exchange) != "." for record in answer)
    except dns.resolver.NXDOMAIN:
        return False
    except dns.resolver.NoAnswer:
        return any(_has(resolver, name, kind) for kind in ("A", "AAAA"))


def _has(resolver: dns.resolver.Resolver, name: str, kind: str) -> bool:
    try:
        resolver.resolve(name, kind, lifetime=LIFETIME)
    except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
        return False
    return True


def _resting() -> bool:
    until: float = current_app.extensions.get("latchkey.dns_rests_until", 0.0)
    return time.monotonic() < until


def _keep(domain: str, receives: bool | None, now: datetime) -> None:
    values = {"receives": receives, "checked_at": now}
    statement = insert(MailDomain).values(domain=domain, **values)
    with write_transaction() as session:
        session.execute(
            statement.on_conflict_do_update(index_elements=["domain"], set_=values)
        )
