"""The contract of an account: how its APIs were seen to behave, in a file that the sandbox follows.

::

    {"contract": 1,
     "greenhouse": {"version": "v3", <field of GreenhouseModes>: <value>, ...},
     "hrflow": {<field of HrFlowModes>: <value>, ...},
     "shapes": {"candidates": {"id": ["integer"], "first_name": ["string", "null"], ...}, ...}}

All but the number may be left out. What the fields mean stands in ``modes``; it holds nothing of
any person.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from greenhouse_hrflow.sandbox.greenhouse.lists import LISTS
from greenhouse_hrflow.sandbox.modes import GreenhouseModes, HrFlowModes
from greenhouse_hrflow.sandbox.shapes import EMPTY, PROFILE, V1_CANDIDATE, Shape, Shapes
from greenhouse_hrflow.sandbox.wire import JsonObject

NUMBER = 1
"""Of the contracts that are understood here."""

Version = Literal["v3", "v1"]
_VERSIONS: tuple[Version, ...] = ("v3", "v1")
_KEYS = ("contract", "greenhouse", "hrflow", "shapes")
_SHAPED = (*LISTS, V1_CANDIDATE, PROFILE)
_Modes = TypeVar("_Modes", GreenhouseModes, HrFlowModes)


class BadContract(Exception):
    """No contract: the text names the file and the key, and says what is possible."""


@dataclass(frozen=True)
class Contract:
    """What a contract says.

    ``version``: of Harvest, by which the account is asked; None where it says nothing of that.
    """

    greenhouse: GreenhouseModes = field(default_factory=GreenhouseModes)
    hrflow: HrFlowModes = field(default_factory=HrFlowModes)
    shapes: Shapes = field(default_factory=dict[str, Shape])
    version: Version | None = None


def read_contract(path: Path) -> Contract:
    """What the file says; BadContract for anything that is not understood."""
    try:
        return _contract(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadContract(f"The contract {path} cannot be read: {error.strerror}.") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise BadContract(f"The contract {path} is not JSON.") from None
    except ValueError as error:
        raise BadContract(f"The contract {path} is not followed: {error}.") from None


def modes_of(contract: Contract) -> JsonObject:
    """The objects ``greenhouse`` and ``hrflow`` that give these modes when they are read."""
    version = {"version": contract.version} if contract.version else {}
    objects = {
        "greenhouse": version | asdict(contract.greenhouse),
        "hrflow": asdict(contract.hrflow),
    }
    # As a file has them: lists, and no tuples.
    return json.loads(json.dumps(objects))


def _contract(content: Any) -> Contract:
    given = _object("its content", content)
    _known("its keys", given, _KEYS)
    number = given.get("contract")
    if type(number) is not int or number != NUMBER:
        raise ValueError(f"contract is {number!r}: {NUMBER} alone is understood here")
    greenhouse = _object("greenhouse", given.get("greenhouse", {}))
    version = greenhouse.pop("version", None)
    if version is not None and version not in _VERSIONS:
        raise ValueError(f"greenhouse.version is {version!r}: it must be one of v3, v1")
    return Contract(
        _modes("greenhouse", greenhouse, GreenhouseModes),
        _modes("hrflow", _object("hrflow", given.get("hrflow", {})), HrFlowModes),
        _shapes(_object("shapes", given.get("shapes", {}))),
        version,
    )


def _modes(key: str, given: JsonObject, modes: type[_Modes]) -> _Modes:
    _known(key, given, [each.name for each in fields(modes)])
    try:
        return modes(**given)
    except ValueError as error:
        raise ValueError(f"{key}.{error}") from None


def _shapes(given: JsonObject) -> dict[str, Shape]:
    _known("shapes", given, _SHAPED)
    return {name: _shape(f"shapes.{name}", shape) for name, shape in given.items()}


def _shape(key: str, given: Any) -> Shape:
    shape: dict[str, tuple[str, ...]] = {}
    for name, types in _object(key, given).items():
        # A tuple, since an entry may be anything, also what no dictionary can look up.
        if not isinstance(types, list) or not types or any(t not in (*EMPTY,) for t in types):
            possible = ", ".join(EMPTY)
            raise ValueError(f"{key}.{name} is {types!r}: it must be a list of some of {possible}")
        shape[name] = tuple(cast("list[str]", types))
    return shape


def _object(key: str, value: Any) -> JsonObject:
    if not isinstance(value, dict):
        raise ValueError(f"{key} must be an object")
    return cast("JsonObject", value)


def _known(key: str, given: JsonObject, possible: Collection[str]) -> None:
    for name in given:
        if name not in possible:
            raise ValueError(f"{key} has no {name!r}: it can have {', '.join(possible)}")
