"""HrFlow's profile calls as a client meets them: keys, envelope, lookups, refusals.

Sources: HrFlow's documentation and notebooks, its SDK 4.3.0 and that SDK's live tests. The status
of a body that is no profile is not known; here it is 422.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from greenhouse_hrflow.sandbox.hrflow.profile_list import BadParameter, profile_list
from greenhouse_hrflow.sandbox.hrflow.rules import SERVER_FIELDS, InvalidProfile
from greenhouse_hrflow.sandbox.hrflow.store import HrFlowStore
from greenhouse_hrflow.sandbox.modes import HrFlowModes, Key
from greenhouse_hrflow.sandbox.shapes import Shape, shaped
from greenhouse_hrflow.sandbox.wire import Answer, Call, JsonObject, json_answer

PREFIX = "/hrflow/v1/"
KEY_PREFIXES: dict[Key, str] = {"reads_and_writes": "ask", "reads": "askr", "writes": "askw"}
"""How a secret key begins, by what it may do."""


def envelope(code: int, message: str, data: Any = None) -> Answer:
    """HrFlow's answer: the code stands in the body as well."""
    return json_answer(code, {"code": code, "message": message, "data": data})


class HrFlowApi:
    """Answers for one source and one key."""

    def __init__(
        self,
        store: HrFlowStore,
        modes: HrFlowModes,
        *,
        secret: str,
        user: str,
        shape: Shape | None,
    ) -> None:
        self._store = store
        self._modes = modes
        self._shape = shape
        self._secret = secret
        self._user = user
        self._calls: dict[tuple[str, str], Callable[[Call], Answer]] = {
            ("GET", "auth"): self._auth,
            ("GET", "source"): self._source,
            ("GET", "storing/profiles"): self._list,
            ("GET", "profile/indexing"): self._get,
            ("POST", "profile/indexing"): self._create,
            ("PUT", "profile/indexing"): self._edit,
            ("PATCH", "profile/indexing/archive"): self._archive,
        }

    def answer(self, call: Call) -> Answer:
        """Whatever the request deserves."""
        handler = self._calls.get((call.method, call.path.removeprefix(PREFIX)))
        if handler is None:
            return envelope(404, "Not found")
        key = call.headers.get("x-api-key", "")
        if key != self._secret:
            return envelope(401, f"Unauthorized. Invalid secret key: {key}")
        if call.headers.get("x-user-email") != self._user:
            return envelope(401, "Unauthorized. Invalid user email")
        # Which key may ask for /auth is not documented; here each may.
        does = "reads" if call.method == "GET" else "writes"
        if self._modes.key not in ("reads_and_writes", does) and handler != self._auth:
            return envelope(401, f"Unauthorized. This secret key only {self._modes.key}")
        try:
            return handler(call)
        except _Missing:
            message = "Invalid parameters. Unable to find object: profile"
            return envelope(self._modes.missing_profile, message)
        except (_Bad, BadParameter) as fault:
            return envelope(400, str(fault))
        except InvalidProfile as fault:
            return envelope(422, f"Invalid profile. {fault}")

    def _auth(self, call: Call) -> Answer:
        return envelope(200, "API Access Success", {"team_name": "Sandbox"})

    def _source(self, call: Call) -> Answer:
        key = dict(call.parameters()).get("key", "")
        if key == self._store.source_key:
            data = {"key": key, "name": "Sandbox", "type": "api", "subtype": "python"}
            return envelope(200, "Source info", data | {"environment": "production"})
        if len(key) == 40:
            return envelope(401, f"Unauthorized Access to source key: {key}")
        return envelope(400, "Invalid source fields")

    def _list(self, call: Call) -> Answer:
        return profile_list(self._store, call.parameters(), self._shape)

    def _get(self, call: Call) -> Answer:
        parameters: JsonObject = dict(call.parameters())
        self._check_source(parameters)
        return envelope(200, "Profile info", self._shown(self._find(parameters)))

    def _create(self, call: Call) -> Answer:
        profile = _profile_of(self._body(call))
        with self._store.lock:
            reference = profile.get("reference")
            if self._store.find(profile.get("key"), _text(profile, "reference")) is not None:
                raise _Bad(f"Cannot create profile with this reference: {reference}. Already used!")
            own = {"attachments"} if self._modes.takes_attachments else set[str]()
            dropped = _NOT_CREATABLE - own
            new = {name: value for name, value in profile.items() if name not in dropped}
            key = self._store.add(new)
            return envelope(201, "Profile created", self._shown(self._store.find(key, None) or {}))

    def _edit(self, call: Call) -> Answer:
        profile = _profile_of(self._body(call))
        with self._store.lock:
            stored = self._find(profile)
            reference = profile.get("reference")
            holder = self._store.find(None, reference)
            if holder is not None and holder["key"] != stored["key"]:
                raise _Bad(f"Cannot edit profile with this reference: {reference}. Already used!")
            return envelope(200, "Profile edited", self._shown(self._store.put(stored, profile)))

    def _archive(self, call: Call) -> Answer:
        body = self._body(call)
        if body.get("is_archive") not in (0, 1):
            raise _Bad("Invalid parameters. is_archive must be 0 or 1")
        with self._store.lock:
            stored = self._find(body)
            self._store.archive(stored["reference"], archived=bool(body["is_archive"]))
        return envelope(200, "Profile archived", {"key": stored["key"]})

    def _body(self, call: Call) -> JsonObject:
        try:
            body: Any = json.loads(call.body, parse_constant=_no_number)
        except ValueError:
            raise _Bad("Invalid parameters. The body is not JSON") from None
        if not isinstance(body, dict):
            raise _Bad("Invalid parameters. The body is not an object")
        fields = cast("JsonObject", body)
        self._check_source(fields)
        return fields

    def _check_source(self, fields: JsonObject) -> None:
        if fields.get("source_key") != self._store.source_key:
            raise _Bad("Invalid parameters. Unable to find object: source")

    def _shown(self, profile: JsonObject) -> JsonObject:
        return shaped(profile, self._shape)

    def _find(self, fields: JsonObject) -> JsonObject:
        profile = self._store.find(_text(fields, "key"), _text(fields, "reference"))
        if profile is None:
            raise _Missing
        return profile


class _Bad(Exception):
    """A 400, with its message."""


class _Missing(Exception):
    """There is no such profile."""


_NOT_CREATABLE = frozenset(SERVER_FIELDS) - {"created_at"}
"""What a POST cannot set; it may name the moment of the profile's creation."""


def _no_number(name: str) -> None:
    """Refuse NaN and the infinities, which Python would read though JSON has none."""
    raise ValueError(name)


def _profile_of(body: JsonObject) -> JsonObject:
    """The profile of a body that carries it flat, or under the name ``profile``."""
    profile: Any = body.get("profile", body)
    if not isinstance(profile, dict):
        raise InvalidProfile("profile", "an object")
    return cast("JsonObject", profile)


def _text(fields: JsonObject, name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidProfile(name, "a string")
    return value
