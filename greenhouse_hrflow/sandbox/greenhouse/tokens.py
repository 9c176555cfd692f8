"""Greenhouse's token endpoints: client credentials in, a bearer token out; introspection; refusals.

Shapes of the errors: measured on the live endpoint by others without valid credentials; which of
several faults is named first is not known, so no client may depend on the order here. The endpoint
knows four grants and names them all, but three are for partners: a customer's credential is not
authorized for them, and what it is then told has the form of RFC 6749.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from greenhouse_hrflow.sandbox.modes import GreenhouseModes
from greenhouse_hrflow.sandbox.moments import Clock, greenhouse_stamp
from greenhouse_hrflow.sandbox.wire import Answer, Call, JsonObject, json_answer

_GRANTS = ("authorization_code", "refresh_token", "client_credentials", "token-exchange")
_CUSTOMERS_GRANT = "client_credentials"


class Tokens:
    """Mints tokens and says which of them are still good."""

    def __init__(self, client: tuple[str, str], clock: Clock, modes: GreenhouseModes) -> None:
        self._client = client
        self._clock = clock
        self._modes = modes
        self._live: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def revoke_all(self) -> None:
        """Make every token minted so far invalid, as another process's mint may."""
        with self._lock:
            self._live.clear()

    def accepts(self, authorization: str) -> bool:
        """Whether an Authorization header carries a token that is known and not expired."""
        kind, _, token = authorization.partition(" ")
        return kind.lower() == "bearer" and self._is_live(token)

    def answer(self, call: Call) -> Answer:
        """POST /token."""
        if call.method != "POST":
            return json_answer(404, {"message": "Resource not found"})
        credentials = call.basic_credentials()
        if credentials is None:
            return json_answer(401, {"message": "Unauthorized", "errorId": _error_id(call)})
        form = _form(call)
        fault = _form_fault(form) or _client_id_fault(credentials[0])
        if fault is not None:
            return json_answer(400, {"message": fault, "errorId": _error_id(call)})
        if credentials != self._client:
            return json_answer(401, {"error": "invalid_client"})
        if form["grant_type"] != _CUSTOMERS_GRANT:
            return json_answer(400, {"error": "unauthorized_client"})
        return json_answer(200, self._mint())

    def introspect(self, call: Call) -> Answer:
        """POST /introspect: whether a token is good, and whether its user is a Site Admin.

        That there is such a call is documented. The form of its answer was not seen: here it is
        that of RFC 7662, with a field of its own for the user.
        """
        if call.method != "POST" or self._modes.introspection == "absent":
            return json_answer(404, {"message": "Resource not found"})
        if call.basic_credentials() != self._client:
            return json_answer(401, {"message": "Unauthorized", "errorId": _error_id(call)})
        if not self._is_live(_form(call).get("token", "")):
            return json_answer(200, {"active": False})
        is_site_admin = self._modes.introspection == "site_admin"
        return json_answer(200, {"active": True, "site_admin": is_site_admin})

    def _is_live(self, token: str) -> bool:
        with self._lock:
            ends = self._live.get(token)
        return ends is not None and self._clock() < ends

    def _mint(self) -> JsonObject:
        modes = self._modes
        with self._lock:
            token = secrets.token_urlsafe(32)
            ends = self._clock() + timedelta(seconds=modes.token_lifetime)
            if modes.single_active_token:
                self._live.clear()
            self._live[token] = ends
        answer: JsonObject = {"token_type": "bearer", "access_token": token}
        if modes.token_field in ("expires_at", "expires"):
            answer[modes.token_field] = greenhouse_stamp(ends)
        elif modes.token_field == "expires_in":
            answer["expires_in"] = int(modes.token_lifetime)
        return answer


def _form(call: Call) -> dict[str, str]:
    if not call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    fields = parse_qs(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}


def _form_fault(form: dict[str, str]) -> str | None:
    grant = form.get("grant_type")
    if not grant:
        return "Must include `grant_type` parameter in /token request"
    if grant not in _GRANTS:
        return f"`grant_type` must be one of: {', '.join(_GRANTS)}"
    if "sub" in form and not re.fullmatch("[0-9]{1,19}", form["sub"]):
        return "`sub` must be the id of a Greenhouse user"
    return None


def _client_id_fault(client_id: str) -> str | None:
    if re.fullmatch(r".+-\d+", client_id):
        return None
    return f"client_id={client_id} does not contain a valid client ID suffix"


def _error_id(call: Call) -> str:
    return f"err-{hashlib.sha256(call.body + call.target.encode()).hexdigest()[:12]}"
