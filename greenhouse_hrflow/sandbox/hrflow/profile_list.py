"""HrFlow's GET storing/profiles: a page of a source's profiles, with its meta.

The highest ``limit`` that the real server honours is not published: here it is the store's, and a
higher one is cut down to it without a word, so that only ``meta`` tells.
"""

from __future__ import annotations

import json
from operator import itemgetter
from typing import Any, cast

from greenhouse_hrflow.sandbox.hrflow.store import HrFlowStore
from greenhouse_hrflow.sandbox.shapes import Shape, shaped
from greenhouse_hrflow.sandbox.wire import Answer, JsonObject, json_answer, whole_number

_SHORT = ("key", "reference", "created_at", "updated_at", "archived_at")
_SELECTING = frozenset(["created_at_min", "created_at_max", "name", "key", "reference"])
_NAMES = _SELECTING | frozenset(
    [
        "source_keys",
        "return_profile",
        "page",
        "limit",
        "sort_by",
        "order_by",
        "location_lat",
        "location_lon",
        "location_dist",
    ]
)


class BadParameter(Exception):
    """A 400, with its message."""


def profile_list(
    store: HrFlowStore, parameters: list[tuple[str, str]], shape: Shape | None
) -> Answer:
    """Answer the list; BadParameter for what is missing, unknown or malformed."""
    given = dict(parameters)
    unknown = given.keys() - _NAMES
    if unknown:
        raise BadParameter(f"Invalid parameters. Unknown: {', '.join(sorted(unknown))}")
    if not _source_keys(given.get("source_keys", "")) <= {store.source_key}:
        raise BadParameter("Invalid parameters. Unable to find object: source")
    sort_by = _one_of(given, "sort_by", ("created_at", "updated_at"))
    descending = _one_of(given, "order_by", ("desc", "asc")) == "desc"
    page, limit = _number(given, "page", 1), min(_number(given, "limit", 30), store.list_limit)
    whole = _one_of(given, "return_profile", ("False", "True", "false", "true", "0", "1"))
    found = store.listed_profiles()
    # Most lists are of the whole source.
    if not given.keys().isdisjoint(_SELECTING):
        found = [profile for profile in found if _selected(profile, given)]
    if sort_by != "created_at":
        found = sorted(found, key=itemgetter(sort_by, "key"))
    if descending:
        found = found[::-1]
    shown = found[(page - 1) * limit : page * limit]
    meta = {
        "page": page,
        "maxPage": max(1, -(-len(found) // limit)),
        "count": len(shown),
        "total": len(found),
    }
    is_whole = whole in ("True", "true", "1")
    data = [shaped(profile, shape) if is_whole else _short(profile) for profile in shown]
    body = {"code": 200, "message": "List of profiles", "meta": meta, "data": data}
    return json_answer(200, body)


def _short(profile: JsonObject) -> JsonObject:
    return {name: profile[name] for name in _SHORT}


def _source_keys(text: str) -> set[str]:
    try:
        keys: Any = json.loads(text)
    except ValueError:
        keys = None
    if not isinstance(keys, list) or not keys:
        raise BadParameter("Invalid parameters. source_keys must be a JSON array of keys")
    return {str(key) for key in cast("list[Any]", keys)}


def _selected(profile: JsonObject, given: dict[str, str]) -> bool:
    day = profile["created_at"][:10]
    return (
        all(given.get(k) in (None, "", profile[k]) for k in ("key", "reference"))
        and given.get("name", "").casefold() in _full_name(profile).casefold()
        and given.get("created_at_min", day) <= day <= given.get("created_at_max", day)
    )


def _full_name(profile: JsonObject) -> str:
    info = profile["info"]
    return str(info.get("full_name") or "") if isinstance(info, dict) else ""


def _one_of(given: dict[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """The value; the first of those allowed when it is not given."""
    value = given.get(name, allowed[0])
    if value not in allowed:
        raise BadParameter(f"Invalid parameters. {name} must be one of: {', '.join(allowed)}")
    return value


def _number(given: dict[str, str], name: str, default: int) -> int:
    try:
        number = whole_number(given.get(name, str(default)))
    except ValueError:
        number = 0
    if not number:
        raise BadParameter(f"Invalid parameters. {name} must be a positive integer")
    return number
