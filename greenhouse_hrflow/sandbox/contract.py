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

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from greenhouse_hrflow.sandbox.greenhouse.lists import LISTS
from greenhouse_hrflow.sandbox.modes import AS_GIVEN, GreenhouseModes, HrFlowModes
from greenhouse_hrflow.sandbox.shapes import PROFILE, V1_CANDIDATE, Shape

Version = Literal["v3", "v1"]
_SHAPED = (*LISTS, V1_CANDIDATE, PROFILE)


class BadContract(Exception):
    """No contract: the text names the file and the key, and says what is possible."""


def _a_record(name: str) -> str:
    if name not in _SHAPED:
        raise ValueError(f"must be one of {', '.join(_SHAPED)}")
    return name


@dataclass(frozen=True, config=AS_GIVEN)
class Greenhouse(GreenhouseModes):
    """The modes, and how the account is asked."""

    version: Version | None = None
    """Of Harvest; None where nothing is said of that."""


@dataclass(frozen=True, config=AS_GIVEN)
class Contract:
    """What a contract says."""

    contract: Literal[1]
    """The number of this form of contracts."""
    greenhouse: Greenhouse = field(default_factory=Greenhouse)
    hrflow: HrFlowModes = field(default_factory=HrFlowModes)
    shapes: Mapping[Annotated[str, AfterValidator(_a_record)], Shape] = field(
        default_factory=dict[str, Shape]
    )


NO_CONTRACT = Contract(contract=1)
"""The sandbox as it is without one."""


def read_contract(path: Path) -> Contract:
    """What the file says; BadContract for anything that is not understood."""
    try:
        return TypeAdapter(Contract).validate_json(path.read_bytes())
    except OSError as error:
        raise BadContract(f"The contract {path} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        raise BadContract(f"The contract {path} is not followed: {wrong_in(error)}.") from None


def wrong_in(error: ValidationError) -> str:
    """Each field that cannot be, with what it must be."""
    return "; ".join(
        ".".join([*map(str, problem["loc"])] or ["its content"]) + f": {problem['msg']}"
        for problem in error.errors(include_url=False)
    )
