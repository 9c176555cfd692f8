"""What HrFlow takes as an edit: all that ``rules`` allow, and what the profile holds already."""

from __future__ import annotations

import re
from typing import Any

from greenhouse_hrflow.sandbox.hrflow.rules import InvalidProfile, read_profile
from greenhouse_hrflow.sandbox.modes import HrFlowModes
from greenhouse_hrflow.sandbox.wire import JsonObject, json_copy


def read_edit(body: JsonObject, modes: HrFlowModes, held: JsonObject) -> JsonObject:
    """The client's half of an edit: what the profile holds already is taken back in any shape.

    Profiles of real sources hold what no document describes (urls as an object, which HrFlow's own
    notebook writes), and who sends back what was read does no wrong.
    """
    checked = json_copy(body)
    taken: list[tuple[list[str], Any]] = []
    while True:
        try:
            fields = read_profile(checked, modes)
        except InvalidProfile as fault:
            path = _PART.findall(fault.path)
            value = _at(checked, path)
            if value is None or value not in _anywhere(held, path):
                raise
            taken.append((path, value))
            _set(checked, path, _STAND_INS.get(fault.wanted))
        else:
            for path, value in taken:
                _set(fields, path, value)
            return fields


_PART = re.compile(r"[^.\[\]]+")
_STAND_INS: dict[str, Any] = {"a string": "", "an object": {"name": ""}}
"""What may stand for a moment where something else is held, by what should stand there."""


def _at(value: Any, path: list[str]) -> Any:
    for part in path:
        value = value[int(part)] if isinstance(value, list) else value.get(part)
    return value


def _set(value: Any, path: list[str], new: Any) -> None:
    *outer, last = path
    value = _at(value, outer)
    value[int(last) if isinstance(value, list) else last] = new


def _anywhere(held: Any, path: list[str]) -> list[Any]:
    """What stands at a path in a profile, in whichever entry of the lists on its way."""
    if not path:
        return [held]
    if isinstance(held, list):
        return [found for entry in held for found in _anywhere(entry, path[1:])]
    return _anywhere(held.get(path[0]), path[1:]) if isinstance(held, dict) else []
