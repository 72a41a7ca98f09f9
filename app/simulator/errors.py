"""The provider's shapes of "no" (contract 1.3, 4.4, 6) and where each is answered."""

import json
import secrets
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import ClientDisconnected, HTTPException


def answered(body: Any, status: int = 200) -> Response:
    """JSON without blanks or newline, as the provider sends it."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Response(text, status, content_type="application/json")


class ApiError(Exception):
    """An answer other than success, raised from wherever it is known."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


def unauthorized() -> ApiError:
    return ApiError(401, _item("unauthorized", "Unauthorized"))


def forbidden() -> ApiError:
    """Return the one answer to a missing scope or privilege and to a switched-off app.

    The bodies of two of them are unknown.
    """
    return ApiError(
        403,
        _item(
            "access_denied", "Request forbidden due to insufficient user privileges."
        ),
    )


def throttled() -> ApiError:
    return ApiError(429, _item("throttled", "Too Many Requests"))


def quota_exceeded() -> ApiError:
    return ApiError(429, _item("quota_exceeded", "Limit Exceeded"))


def unsupported(content_type: str) -> ApiError:
    message = f"The provided content-type '{content_type}' is not supported"
    return ApiError(415, [_item("contacts.api.unsupported_media_type", message)])


def invalid(*messages: str) -> ApiError:
    """Several complaints come joined in one message."""
    return ApiError(400, [_item("contacts.api.validation.error", ", ".join(messages))])


def not_found(message: str) -> ApiError:
    return ApiError(404, [_item("contacts.api.not_found", message)])


def conflict(message: str) -> ApiError:
    return ApiError(409, [_item("contacts.api.conflict", message)])


def oauth_error(error: str, description: str, status: int = 400) -> ApiError:
    return ApiError(status, {"error": error, "error_description": description})


def unknown_client() -> ApiError:
    """Okta's own shape, for a client id nobody has."""
    summary = "Invalid value for 'client_id' parameter."
    return okta_error("invalid_client", summary, 401)


def okta_media_type() -> ApiError:
    """Okta's answer to a token request that is no form."""
    summary = (
        "Bad request.  Accept and/or Content-Type headers likely do not match supported"
        " values."
    )
    return okta_error("E0000021", summary, 400)


def okta_throttled() -> ApiError:
    summary = "API call exceeded rate limit due to too many requests."
    return okta_error("E0000047", summary, 429)


def okta_error(code: str, summary: str, status: int) -> ApiError:
    body = {"errorCode": code, "errorSummary": summary, "errorLink": code}
    error_id = "oae" + secrets.token_urlsafe(16)
    return ApiError(status, {**body, "errorId": error_id, "errorCauses": []})


def _item(key: str, message: str) -> dict[str, str]:
    return {"error_key": key, "error_message": message}


def handle_errors(app: Flask) -> None:
    """Answer refusals, and routes that do not exist, as their host would."""
    app.register_error_handler(ApiError, _refuse)
    app.register_error_handler(ClientDisconnected, _gone)
    app.register_error_handler(404, _no_route)
    app.register_error_handler(405, _no_method)


def _refuse(refused: ApiError) -> Response:
    return answered(refused.body, refused.status)


def _gone(_: HTTPException) -> Response:
    """Answer somebody who hung up in the middle of a body; nobody reads it."""
    return _refuse(invalid("The request ended early."))


def _no_route(_: HTTPException) -> Response:
    """Answer as the host of a route would that does not exist.

    Outside /v3 the API host says Forbidden; the authorization host has no discovery and
    an empty 404.
    """
    if request.path.startswith("/v3/"):
        return _refuse(not_found("Resource not found."))
    if ".well-known" in request.path or request.path.startswith(
        ("/oauth2/", "/_control", "/static/", "/favicon")
    ):
        return Response(status=404)
    return answered({"message": "Forbidden"}, 403)


def _no_method(_: HTTPException) -> Response:
    return answered(
        [_item("contacts.api.method_not_allowed", "Method Not Allowed")], 405
    )
