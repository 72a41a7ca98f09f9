"""End what somebody had begun when they are disabled.

Their trips to the provider and running exports look at the user themselves before they
go on; imports that they confirmed go on.
"""

from sqlalchemy.orm import Session

from app.accounts import invitations
from app.accounts.models import ConnectLink
from app.auth import users
from app.auth.models import User


def disable(email: str) -> None:
    """Let somebody in no more, and revoke their unused invitations.

    Raises `UserRejected`.
    """
    users.disable(email, also=_revoke_unused_links)


def _revoke_unused_links(session: Session, user: User) -> None:
    invitations.revoke_all(session, ConnectLink.created_by == user.email)
