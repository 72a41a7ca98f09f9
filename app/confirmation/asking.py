"""One due step about one sign-up that waits for its person's word: ask by mail, remind,
or give up.

Each step is one transaction, which also puts the mail into the outbox: a worker that is
killed at any line has done all of it or nothing.
"""

from datetime import datetime, timedelta
from secrets import token_urlsafe

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.confirmation import letter, mail_limits, state
from app.confirmation.models import ConfirmationLink
from app.core.crypto import digest
from app.core.logs import log
from app.database.session import db, write_transaction
from app.mail import outbox
from app.mail.models import MessageState, Notice
from app.services import services
from app.signups.models import Signup, SignupState
from app.signups.screening import mail_domains

# while a mail waits in the outbox
SOON = timedelta(hours=1)
# after something nobody foresaw
PUT_OFF = timedelta(minutes=10)
# the mail server's last word on this mail: nobody reads mail there
REFUSED = ("recipient_refused", "mail_refused")
LATELY = timedelta(days=1)
# states in which an admin may have the person asked
ASKABLE = (SignupState.CONFIRMING, SignupState.HELD)


def step() -> bool:
    """Do what is due about one sign-up; False when nothing was."""
    now = services().clock.now()
    due = _due(now)
    db.session.rollback()
    if due is None:
        return _end_one_that_bounced(now)
    signup_id, email = due
    # before the transaction: it may wait for a name server
    can_receive = mail_domains.can_receive(email)
    try:
        with write_transaction() as session:
            mail_limits.one_at_a_time(session)
            row = _locked(session, signup_id, Signup.due_at <= now)
            if row:
                _go_on(session, row, now, can_receive)
    except Exception:
        _put_off(signup_id, now)
        raise
    return True


def ask_again(signup_id: str, who: str) -> str:
    """Have a person asked once more because an admin says so.

    Return what came of it: asked, no_mail, too_many_mails, or over.
    """
    now = services().clock.now()
    if not services().settings.mails:
        return "no_mail"
    with write_transaction() as session:
        mail_limits.one_at_a_time(session)
        row = session.get(
            Signup, signup_id, with_for_update=True, populate_existing=True
        )
        if row is None or row.state not in ASKABLE:
            return "over"
        if mail_limits.too_many(session, row, now):
            return "too_many_mails"
        state.ask(row, now)
        _send(session, row, "resent", now, who)
    return "asked"


def _due(now: datetime) -> tuple[str, str] | None:
    """Return id and address of the sign-up that is due for longest."""
    row = db.session.execute(
        select(Signup.id, Signup.email)
        .where(Signup.state == SignupState.CONFIRMING, Signup.due_at <= now)
        .order_by(Signup.due_at)
        .limit(1)
    ).first()
    return (row.id, row.email) if row else None


def _locked(session: Session, signup_id: str, *conditions: object) -> Signup | None:
    """Lock a sign-up that still waits for its person's word."""
    query = (
        select(Signup)
        .where(
            Signup.id == signup_id,
            Signup.state == SignupState.CONFIRMING,
            *conditions,  # type: ignore[arg-type]
        )
        .with_for_update(of=Signup)
        .execution_options(populate_existing=True)
    )
    return session.scalar(query)


def _put_off(signup_id: str, now: datetime) -> None:
    """Let others go first: what failed once would else be the first again."""
    with write_transaction() as session:
        if row := _locked(session, signup_id):
            state.wait_until(row, now + PUT_OFF)


def _go_on(session: Session, row: Signup, now: datetime, can_receive: bool) -> None:
    links = _links(session, row)
    if not links:
        _ask(session, row, now, can_receive)
        return
    newest = links[-1]
    notice = session.get(Notice, newest.notice_id, populate_existing=True)
    mail_state = notice.state if notice else MessageState.SENT  # long ago
    if notice and mail_state == MessageState.GIVEN_UP:
        _note_given_up(session, row, newest, notice, now)
    elif mail_state == MessageState.WAITING and services().settings.mails:
        state.wait_until(row, now + SOON)
    elif mail_state == MessageState.WAITING:  # nobody sends it any more
        state.hold(row, now)
    elif newest.expires_at <= now:
        state.end(row, now, "unconfirmed")
        state.add_event(session, row, "unconfirmed")
    elif _is_to_be_reminded(row, links, now):
        _remind(session, row, newest.expires_at, now)
    else:
        state.wait_until(row, _next_due(row, links))


def _links(session: Session, row: Signup) -> list[ConfirmationLink]:
    """Return its links, the oldest first, but for those of mails that never went out or
    went to the address before it was corrected.
    """
    query = select(ConfirmationLink).where(
        ConfirmationLink.signup_id == row.id,
        ConfirmationLink.person == row.person,
        ConfirmationLink.notice_id != "",
    )
    return list(session.scalars(query.order_by(ConfirmationLink.created_at)))


def _was_asked(session: Session, signup_id: str) -> bool:
    query = select(ConfirmationLink.signup_id).where(
        ConfirmationLink.signup_id == signup_id
    )
    return session.scalar(query.limit(1)) is not None


def _ask(session: Session, row: Signup, now: datetime, can_receive: bool) -> None:
    is_first = not _was_asked(session, row.id)
    if row.form.deleted_at:
        state.end(row, now, "not_asked")
        state.add_event(session, row, "unconfirmed", why="form_deleted")
    elif not can_receive:
        state.hold(row, now, "cannot_receive")
    elif not services().settings.mails:
        state.hold(row, now)
    elif _says_the_same(session, row):
        state.end(row, now, "merged")
    elif corrected := _corrected(session, row):
        _take_over(session, row, corrected, now)
    elif mail_limits.too_many(session, row, now):
        state.hold(row, now, "too_many_mails")
    else:
        _send(session, row, "asked", now)
        if is_first:
            state.count(session, row.form_id, "asked")


def _says_the_same(session: Session, row: Signup) -> bool:
    """Tell whether the person has been asked about the same answers on this form: who
    presses twice, since the mail takes a while, gets one mail and confirms once.
    """
    others = session.execute(
        select(Signup.body, Signup.consent_id)
        .join(ConfirmationLink, ConfirmationLink.signup_id == Signup.id)
        .where(
            Signup.person == row.person,
            Signup.form_id == row.form_id,
            Signup.state == SignupState.CONFIRMING,
            Signup.id != row.id,
            ConfirmationLink.expires_at > services().clock.now(),
        )
    )
    return any(
        other.body == row.body and other.consent_id == row.consent_id
        for other in others
    )


def _corrected(session: Session, row: Signup) -> Signup | None:
    """Return the sign-up that this one corrects: of the same person, from the same page
    (`intake` puts a dot behind the page's own id), and asked about already.
    """
    page = f"{row.press_id.partition('.')[0]}."
    query = (
        select(Signup)
        .join(ConfirmationLink, ConfirmationLink.signup_id == Signup.id)
        .where(
            Signup.form_id == row.form_id,
            Signup.person == row.person,
            Signup.press_id.startswith(page, autoescape=True),
            Signup.consent_id == row.consent_id,
            Signup.state == SignupState.CONFIRMING,
            Signup.created_at < row.created_at,
            ConfirmationLink.notice_id != "",
            ConfirmationLink.expires_at > services().clock.now(),
        )
        .order_by(Signup.created_at.desc())
        .limit(1)
        .with_for_update(of=Signup)
    )
    return session.scalar(query)


def _take_over(session: Session, row: Signup, corrected: Signup, now: datetime) -> None:
    """Let the mail that is out already confirm what was typed last: it says nothing of
    the answers, and a correction is no reason for a second mail.
    """
    links = _links(session, corrected)
    for link in links:
        link.signup_id = row.id
    state.add_event(session, row, "asked", corrects=corrected.id)
    state.wait_until(row, _next_due(row, links))
    state.end(corrected, now, "merged")


def _is_to_be_reminded(
    row: Signup, links: list[ConfirmationLink], now: datetime
) -> bool:
    if row.form.deleted_at or not services().settings.mails:
        return False
    return _next_due(row, links) <= now


def _remind(session: Session, row: Signup, expires_at: datetime, now: datetime) -> None:
    """Send one more mail, unless that is one too many."""
    if mail_limits.too_many(session, row, now):
        state.wait_until(row, expires_at)
    else:
        _send(session, row, "reminded", now, expires_at=expires_at)


def _next_due(row: Signup, links: list[ConfirmationLink]) -> datetime:
    """Return when the reminder is due, or else when the last link expires."""
    newest = links[-1]
    remind_at = newest.created_at + timedelta(days=services().settings.remind_days)
    if (
        row.form.reminds
        and newest.what != "reminded"
        and not row.form.deleted_at
        and services().settings.mails
        and remind_at < newest.expires_at
    ):
        return remind_at
    return newest.expires_at


def _send(
    session: Session,
    row: Signup,
    what: str,
    now: datetime,
    who: str = "",
    expires_at: datetime | None = None,
) -> None:
    """Put a mail with a link of its own into the outbox."""
    expires_at = expires_at or now + timedelta(days=services().settings.confirm_days)
    token = token_urlsafe(32)
    mail = letter.compose(session, row, token, expires_at, reminds=what == "reminded")
    link = ConfirmationLink(
        token_digest=digest(token),
        signup_id=row.id,
        form_id=row.form_id,
        person=row.person,
        created_at=now,
        what=what,
        expires_at=expires_at,
        notice_id=outbox.put(
            session,
            row.id,
            outbox.CONFIRM,
            row.email,
            mail.subject,
            mail.text,
            mail.sender_name,
        ),
    )
    session.add(link)
    state.add_event(session, row, what, who)
    state.wait_until(row, _next_due(row, [link]))


def _end_one_that_bounced(now: datetime) -> bool:
    """Look for a mail that the outbox gave up: the address takes none, so the sign-up
    is over; or the mail never went out, so the person is asked again.
    """
    found = db.session.execute(
        select(ConfirmationLink.token_digest, ConfirmationLink.signup_id)
        .join(Notice, Notice.id == ConfirmationLink.notice_id)
        .join(Signup, Signup.id == ConfirmationLink.signup_id)
        .where(
            Notice.settled_at > now - LATELY,
            Notice.state == MessageState.GIVEN_UP,
            Notice.what == outbox.CONFIRM,
            Signup.state == SignupState.CONFIRMING,
            Signup.person == ConfirmationLink.person,
        )
        .limit(1)
    ).first()
    db.session.rollback()
    if found is None:
        return False
    with write_transaction() as session:
        link = session.get_one(ConfirmationLink, found.token_digest)
        row = _locked(session, found.signup_id)
        notice = session.get(Notice, link.notice_id)
        if row and notice:
            _note_given_up(session, row, link, notice, now)
    return True


def _note_given_up(
    session: Session,
    row: Signup,
    link: ConfirmationLink,
    notice: Notice,
    now: datetime,
) -> None:
    if notice.reason in REFUSED:
        state.end(row, now, "bounced")
        state.add_event(session, row, "bounced", answer=notice.detail)
        return
    log.warning("confirmation_not_sent", signup=row.id, reason=notice.reason)
    link.notice_id = ""
    state.wait_until(row, now)
