"""Show what can be proven of sign-ups: a sheet to print, and the same as JSON.

Addresses come by POST, so that no log has them.
"""

from datetime import datetime

from flask import Response, abort, jsonify, render_template, request

from app.core.logs import log
from app.dashboard import blueprint
from app.signups import evidence
from app.signups.evidence import Sheet
from app.web import access


@blueprint.app_template_filter("moment")
def moment(text: str | None) -> datetime | None:
    """Read a moment of a record."""
    return datetime.fromisoformat(text) if text else None


@blueprint.get("/signups/<signup_id>/evidence")
@access.admin
def signup_evidence(signup_id: str) -> str:
    """Show the sheet of one sign-up."""
    return render_template(
        "dashboard/signups/evidence.html",
        section="signups",
        sheets=[_sheet(signup_id)],
        signup_id=signup_id,
        address="",
    )


@blueprint.get("/signups/<signup_id>/evidence.json")
@access.admin
def signup_evidence_json(signup_id: str) -> Response:
    """Download the same as JSON."""
    return _download([_sheet(signup_id)], signup_id)


@blueprint.get("/evidence")
@access.admin
def evidence_search() -> str:
    """Ask for the address to look for."""
    return _search_page("", [])


@blueprint.post("/evidence")
@access.admin
def evidence_of_person() -> str:
    """Show the sheets of everything an address signed up for."""
    address = _address()
    return _search_page(address, _sheets(address))


@blueprint.post("/evidence.json")
@access.admin
def evidence_of_person_json() -> Response:
    """Download the same as JSON."""
    return _download(_sheets(_address()), "of-a-person")


def _address() -> str:
    return request.form.get("address", "").strip()


def _sheet(signup_id: str) -> Sheet:
    sheet = evidence.sheet_of(signup_id) or abort(404)
    log.info("evidence_shown", signup=signup_id, number=1)
    return sheet


def _sheets(address: str) -> list[Sheet]:
    sheets = evidence.sheets_of(address) if address else []
    log.info("evidence_shown", number=len(sheets))
    return sheets


def _search_page(address: str, sheets: list[Sheet]) -> str:
    return render_template(
        "dashboard/signups/evidence.html",
        section="signups",
        sheets=sheets,
        signup_id="",
        address=address,
    )


def _download(sheets: list[Sheet], name: str) -> Response:
    response = jsonify([sheet.as_json for sheet in sheets])
    response.headers["Content-Disposition"] = (
        f'attachment; filename="evidence-{name}.json"'
    )
    return response
