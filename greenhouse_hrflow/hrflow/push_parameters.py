"""The push parameters of the mission: which source is written, and which fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from greenhouse_hrflow.errors import PushParameterError
from greenhouse_hrflow.hrflow.fields import LAID_OVER, PROFILE_FIELDS


class PushParameters(BaseModel):
    """Where the profiles go, and what of them may be edited."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    source_key: str | None = Field(
        default=None,
        min_length=1,
        description="The key of the HrFlow source; by default the variable HRFLOW_SOURCE_KEY.",
    )
    only_edit_fields: tuple[str, ...] | None = Field(
        default=None,
        description="Lay over these top-level fields of the profile only, such as "
        "['tags', 'metadatas']; by default every field that the format gives.",
    )

    @field_validator("only_edit_fields", mode="after")
    @classmethod
    def _known(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        unknown = sorted(set(names or ()) - PROFILE_FIELDS)
        never_edited = sorted(set(names or ()) - LAID_OVER - set(unknown))
        faults = [
            f"{what}: {', '.join(these)}."
            for what, these in (
                ("no field of a profile", unknown),
                ("never edited, but kept as HrFlow holds it", never_edited),
            )
            if these
        ]
        if faults:
            raise ValueError(f"{' '.join(faults)} The fields are: {', '.join(sorted(LAID_OVER))}")
        return names

    @property
    def fields(self) -> frozenset[str]:
        """The top-level fields that are laid over."""
        if not self.only_edit_fields:
            return LAID_OVER
        return LAID_OVER & frozenset(self.only_edit_fields)


def parse_push_parameters(given: Mapping[str, Any] | PushParameters | None) -> PushParameters:
    """Read push parameters as the mission gives them.

    Raises:
        PushParameterError: one of them is unknown or malformed; says which, and why.
    """
    if isinstance(given, PushParameters):
        return given
    try:
        return PushParameters.model_validate(dict(given or {}))
    except (ValidationError, TypeError, ValueError) as error:
        problems = error.errors(include_url=False) if isinstance(error, ValidationError) else []
        told = [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in problems]
        raise PushParameterError(
            "Bad push parameters: " + ("; ".join(told) or "they are not a mapping of names")
        ) from None
