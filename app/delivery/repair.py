"""Sign-ups parked because a list or custom field is gone, made fit to be sent.

When somebody decides so.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import AccountField, AccountList
from app.signups.clearing import with_fields
from app.signups.models import Signup, SignupState


def leave_out_what_is_gone(session: Session, ids: list[str]) -> None:
    """Take lists and fields that no longer exist out of these parked sign-ups.

    Inside the caller's transaction. With no list left they join the form's lists of
    today, unless the visitor had chosen among several.
    """
    for row in session.scalars(
        select(Signup).where(
            Signup.id.in_(ids),
            Signup.state == SignupState.PARKED,
            Signup.reason == "list_missing",
        )
    ):
        row.body = without_what_is_gone(session, row, row.body)


def without_what_is_gone(
    session: Session, row: Signup, body: dict[str, Any]
) -> dict[str, Any]:
    """Return the body as the sign-up can be sent with it, where something was gone."""
    if row.state != SignupState.PARKED or row.reason != "list_missing":
        return body
    return _without(_gone(session, row.account_id), row, body)


def _gone(session: Session, account_id: str) -> set[str]:
    lists = select(AccountList.list_id).where(
        AccountList.account_id == account_id, AccountList.gone_at.is_not(None)
    )
    fields = select(AccountField.custom_field_id).where(
        AccountField.account_id == account_id, AccountField.gone_at.is_not(None)
    )
    return {*session.scalars(lists), *session.scalars(fields)}


def _without(gone: set[str], row: Signup, whole: dict[str, Any]) -> dict[str, Any]:
    body = dict(whole)
    wanted, of_form = (
        body["list_memberships"],
        [one["list_id"] for one in row.form.lists],
    )
    left = [id for id in wanted if id not in gone]
    if not left and not row.form.visitor_chooses:
        left = [id for id in of_form if id not in gone]
    body["list_memberships"] = left or wanted
    if "custom_fields" in body:
        body["custom_fields"] = [
            item
            for item in body["custom_fields"]
            if item["custom_field_id"] not in gone
        ]
    return with_fields(body, lambda id: None if id in gone else id)
