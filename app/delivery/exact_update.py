"""Update exactly: the contact is looked up and put back whole, or made.

For forms that may clear and overwrite. Two calls, back to back. Whatever somebody else
changes between them stays, but for core properties (names, job, company, birthday,
anniversary) and those parts that this sign-up changes too: the provider has no way to
ask for "only if it is as I read it".
"""

import re
from contextlib import suppress
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.models import AccountField, AccountList
from app.constant_contact import contacts, errors
from app.constant_contact.client import Client, EmailAddress
from app.constant_contact.contacts import Part, WholeContact
from app.core.logs import log
from app.database.session import UNUSABLE, db
from app.delivery import merging, optouts, returning
from app.delivery.claims import ClaimedSignup
from app.delivery.merging import Choices, Wish
from app.delivery.outcomes import AskFirst, Delivered, Outcome, Rejected

# in a 409: who has the address (contract 5.1)
NAMED = re.compile(r"contact ([0-9a-fA-F-]{36})")


def is_exact(job: ClaimedSignup) -> bool:
    return "exactly" in job.body


def hand_over(job: ClaimedSignup, api: Client) -> Outcome:
    """Write the contact of one sign-up.

    A 409 may name who has the address; raises what the client raises.
    """
    choices, gone = known(job.account_id)
    wish = merging.wish_of(job.body, choices)
    contact = contacts.find(api, job.email)
    try:
        return _write(job, api, wish, contact, gone)
    except errors.Conflict as conflict:  # made in between, or not found by its address
        named = NAMED.search(conflict.detail)
        if not named or (contact and contact.contact_id == named[1]):
            raise
        other = contacts.read(api, named[1])
        if other is None or not contacts.is_of(other, job.email):
            raise
        return _write(job, api, wish, other, gone)
    except (
        errors.Invalid
    ) as refused:  # a new contact's list that is not there is told so, and not as 404
        if gone.isdisjoint(
            {
                *wish.lists,
                *(one["custom_field_id"] for one in wish.parts["custom_fields"]),
            }
        ):
            raise
        raise errors.Missing(
            refused.detail, refused.status, refused.request_id
        ) from None


def _write(
    job: ClaimedSignup,
    api: Client,
    wish: Wish,
    contact: WholeContact | None,
    gone: set[str],
) -> Outcome:
    """Make the contact or put it back.

    Nobody who unsubscribed comes back but by their own wish.
    """
    if contact is None:
        made = contacts.create(api, merging.created(wish, job.email))
        # not before: who was only not found may have left
        _note_return(job)
        return Delivered("created", contact_id=made)
    verdict = _of_who_left(job, contact)
    if verdict:
        return verdict
    if contact.may_have_opted_out and not contact.opted_out:
        if optouts.is_known(job.account_id, job.person):
            raise errors.OddItem("The look-up does not say whether they opted out.")
    elif not contact.opted_out:
        optouts.came_back(job.account_id, job.person)
    body = merging.changed(wish, contact, gone)
    if body is None:
        return Delivered("unchanged", contact_id=contact.contact_id)
    if job.asks_known:
        return AskFirst("known_contact")
    if full := merging.too_full(body):
        return Rejected("contact_full", full)
    if contact.deleted_at and contact.email_address.permission_to_send != "explicit":
        # the account brings it back, and only the contact may opt in
        contacts.replace(api, contact.contact_id, merging.revived(contact))
        body["update_source"] = "Contact"
    try:
        contacts.replace(api, contact.contact_id, body)
    except errors.Missing as missing:
        if contacts.read(api, contact.contact_id):
            raise  # it is a list or a field that is not there
        # made anew in a moment
        raise errors.Conflict(
            missing.detail, missing.status, missing.request_id
        ) from None
    return Delivered("updated", contact_id=contact.contact_id)


def _of_who_left(job: ClaimedSignup, contact: WholeContact) -> Outcome | None:
    if not contact.opted_out or (job.may_resubscribe and not job.unknown):
        return None
    return returning.verdict_on(job, contact)


def _note_return(job: ClaimedSignup) -> None:
    """Forget that somebody left, after the call: what it did is done all the same.

    Should the database be away, the next sign-up of theirs costs a look-up.
    """
    try:
        optouts.came_back(job.account_id, job.person)
    except UNUSABLE as error:
        log.error("database_unusable", error=type(error).__name__, signup=job.id)
        with suppress(SQLAlchemyError):  # the connection may be gone as well
            db.session.rollback()


def is_as_asked(job: ClaimedSignup, contact: WholeContact) -> bool:
    """Tell whether a sign-up that is not exact would change nothing of a contact.

    Who has to confirm first has been asked to.
    """
    kinds = {
        each.get("phone_number"): each.get("kind") for each in contact.phone_numbers
    }
    kind = kinds.get(job.body.get("phone_number"), merging.USUAL_PHONE)
    body = {**job.body, "exactly": {"phone": kind}}
    wish = merging.wish_of(body, known(job.account_id)[0])
    if contact.email_address.permission_to_send == "pending_confirmation":
        contact = contact.model_copy(deep=True)
        contact.email_address.permission_to_send = "explicit"
    return merging.changed(wish, contact) is None


def known(account_id: str) -> tuple[Choices, set[str]]:
    """What was last read: the ids of choices, and what is gone.

    Choices by custom field and label; of lists and fields their ids.
    """
    fields = db.session.execute(
        select(
            AccountField.custom_field_id, AccountField.details, AccountField.gone_at
        ).where(AccountField.account_id == account_id)
    ).all()
    lists = db.session.scalars(
        select(AccountList.list_id).where(
            AccountList.account_id == account_id, AccountList.gone_at.is_not(None)
        )
    ).all()
    db.session.rollback()
    choices = {
        row.custom_field_id: row.details["choice_ids"]
        for row in fields
        if "choice_ids" in (row.details or {})
    }
    return choices, {*lists, *(row.custom_field_id for row in fields if row.gone_at)}


def bodies(account_id: str, email: str, body: dict[str, Any]) -> tuple[Part, Part]:
    """What would be sent for somebody new, and for somebody known.

    Of whom nothing else is known.
    """
    wish = merging.wish_of(body, known(account_id)[0])
    nobody = WholeContact(contact_id="", email_address=EmailAddress(address=email))
    return merging.created(wish, email), merging.changed(wish, nobody) or {}
