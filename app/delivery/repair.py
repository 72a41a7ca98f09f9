"""Sign-ups parked because a list or custom field is gone, made fit to be sent.

When somebody decides so.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import AccountField, AccountList
from app.signups.clearing import with_fields
from app.signups.models import Signup, SignupState


def leave_out_what_is_gone(
    session: Session, ids: list[str], lists: tuple[str, ...] = ()
) -> None:
    """Take lists and fields that no longer exist out of these parked sign-ups.

    Inside the caller's transaction. `lists` take the place of lists that are gone. With
    no list left they join the form's lists of today, unless the visitor had chosen
    among several.
    """
    gone_of: dict[str, set[str]] = {}
    for row in session.scalars(
        select(Signup).where(
            Signup.id.in_(ids),
            Signup.state == SignupState.PARKED,
            Signup.reason == "list_missing",
        )
    ):
        if row.account_id not in gone_of:
            gone_of[row.account_id] = _gone(session, row.account_id)
        row.body = _without(gone_of[row.account_id], row, row.body, lists)


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


def _without(
    gone: set[str], row: Signup, whole: dict[str, Any], lists: tuple[str, ...] = ()
) -> dict[str, Any]:
    body = dict(whole)
    body["list_memberships"] = _memberships(gone, row, body, lists)
    if "custom_fields" in body:
        body["custom_fields"] = [
            item
            for item in body["custom_fields"]
            if item["custom_field_id"] not in gone
        ]
    return with_fields(body, lambda id: None if id in gone else id)


def _memberships(
    gone: set[str], row: Signup, body: dict[str, Any], lists: tuple[str, ...]
) -> list[str]:
    wanted: list[str] = body["list_memberships"]
    left = [id for id in wanted if id not in gone]
    if len(left) < len(wanted):
        left = list(dict.fromkeys([*left, *lists]))
    if not left and not row.form.visitor_chooses:
        left = [one["list_id"] for one in row.form.lists if one["list_id"] not in gone]
    return left or wanted
