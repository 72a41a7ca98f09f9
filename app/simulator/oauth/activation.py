"""The device flow's two doors (contract 1.6).

At one a device asks for its codes, at the other a person enters one.
"""

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.simulator.errors import answered, oauth_error
from app.simulator.models import Request
from app.simulator.oauth import devices
from app.simulator.oauth.authorize import NOT_CODE, on_to_the_person
from app.simulator.oauth.clients import DEVICE_CODE, allow, named_client, proven_app
from app.simulator.oauth.parameters import needed, parameters
from app.simulator.oauth.scopes import NOT_CONFIGURED, scopes_in, unknown
from app.simulator.oauth.sessions import current_session
from app.simulator.settings import DEVICE_CODE_LIFE, DEVICE_PATH
from app.simulator.simulator import Simulator, simulator

routes = Blueprint("activation", __name__)


@routes.post(DEVICE_PATH)
def authorize_device() -> Response:
    sent = parameters()
    client_id, secret = named_client(request.headers.get("Authorization"), sent)
    request.environ["simulator.client_id"] = client_id
    here = simulator()
    with here.lock:
        app = proven_app(here.state.apps, sent, client_id, secret)
        allow(app, DEVICE_CODE)
        code, device = devices.begin(here, app, _scopes(sent))
    page = url_for("activation.activate", _external=True)
    return answered(
        {
            "device_code": code,
            "user_code": device.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={device.user_code}",
            "expires_in": DEVICE_CODE_LIFE,
            "interval": device.interval,
        }
    )


def _scopes(sent: dict[str, str]) -> list[str]:
    scope = needed(sent, "scope")
    if sent.get("response_type", "code") != "code":
        raise oauth_error("unsupported_response_type", NOT_CODE)
    if unknown(scope):
        raise oauth_error("invalid_scope", NOT_CONFIGURED)
    return scopes_in(scope)


@routes.route("/activate", methods=["GET", "POST"])
def activate() -> AnyResponse | str | tuple[str, int]:
    here = simulator()
    if request.method == "GET":
        return render_template(
            "simulator/activate.html", typed=request.args.get("user_code", "")
        )
    typed = request.form.get("user_code", "")
    with here.lock:
        code = devices.waiting(here, typed)
        if code is None:
            return (
                render_template("simulator/activate.html", typed=typed, refused=True),
                422,
            )
        return on_to_the_person(here, _asked_by(here, code))


def _asked_by(here: Simulator, code: str) -> Request:
    device, session = here.state.devices[code], current_session(here)
    return Request(
        client_id=device.client_id,
        redirect_uri="",
        scopes=device.scopes,
        state="",
        challenge=None,
        nonce=None,
        at=here.clock.now(),
        login=session.login if session else None,
        device=code,
    )
