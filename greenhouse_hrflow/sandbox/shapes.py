"""The top-level fields that an account's records have, and the sandbox's records in that shape.

Names and JSON types alone, and never a value: a shape says nothing of anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from greenhouse_hrflow.sandbox.wire import JsonObject, json_copy

V1_CANDIDATE = "v1_candidate"
PROFILE = "profile"

JsonType = Literal["null", "boolean", "integer", "number", "string", "array", "object"]

_EMPTY: Mapping[JsonType, Any] = {
    "null": None,
    "boolean": False,
    "integer": 0,
    "number": 0.0,
    "string": "",
    "array": [],
    "object": {},
}

Shape = Mapping[str, Annotated[tuple[JsonType, ...], Field(min_length=1)]]
Shapes = Mapping[str, Shape]
"""By the name of a v3 list, ``v1_candidate`` or ``profile``: the types of each field."""


def shaped(record: JsonObject, shape: Shape | None) -> JsonObject:
    """The record with the fields of the shape, what it lacks being empty; its id always stays."""
    if shape is None:
        return record
    kept = {name: value for name, value in record.items() if name in shape or name == "id"}
    return kept | {name: _empty(types) for name, types in shape.items() if name not in kept}


def _empty(types: tuple[JsonType, ...]) -> Any:
    return json_copy(_EMPTY["null" if "null" in types else types[0]])
