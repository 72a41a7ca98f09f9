"""What an app sends to the authorization server directly."""

from flask import request

from app.simulator.errors import oauth_error, okta_media_type

FORM = "application/x-www-form-urlencoded"


def parameters() -> dict[str, str]:
    """Return the parameters of body and query together: clients use either.

    Also an empty body has to be called a form.
    """
    if request.mimetype != FORM:
        raise okta_media_type()
    for name in {*request.args, *request.form}:
        if len(request.args.getlist(name)) + len(request.form.getlist(name)) > 1:
            raise oauth_error(
                "invalid_request", f"The '{name}' parameter was sent more than once."
            )
    return {**request.args.to_dict(), **request.form.to_dict()}


def needed(sent: dict[str, str], name: str) -> str:
    """A parameter that must be there and not empty."""
    if not sent.get(name):
        raise oauth_error("invalid_request", f"The request must specify '{name}'.")
    return sent[name]
