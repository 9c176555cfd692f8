"""The push parameters: which source is written, and which fields of its profiles."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, field_validator

from greenhouse_hrflow.errors import ConfigurationError, PushParameterError
from greenhouse_hrflow.parameters import Parameters
from greenhouse_hrflow.profiles.fields import EDITABLE, PROFILE_FIELDS


class PushParameters(Parameters):
    """Which source is written, and which fields of its profiles may be edited."""

    error: ClassVar[type[ConfigurationError]] = PushParameterError
    kind: ClassVar[str] = "push parameter"

    source_key: str | None = Field(
        default=None,
        min_length=1,
        description="The key of the HrFlow source; by default the variable HRFLOW_SOURCE_KEY.",
    )
    only_edit_fields: tuple[str, ...] | None = Field(
        default=None,
        description="Edit these top-level fields of the profile only, such as "
        "['tags', 'metadatas']; by default every field that the format gives.",
    )

    @field_validator("only_edit_fields", mode="after")
    @classmethod
    def _known(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        unknown = sorted(set(names or ()) - PROFILE_FIELDS)
        never_edited = sorted(set(names or ()) - EDITABLE - set(unknown))
        faults = [
            f"{fault}: {', '.join(names_at_fault)}."
            for fault, names_at_fault in (
                ("no field of a profile", unknown),
                ("never edited, but kept as HrFlow holds it", never_edited),
            )
            if names_at_fault
        ]
        if faults:
            raise ValueError(f"{' '.join(faults)} The fields are: {', '.join(sorted(EDITABLE))}")
        return names

    @property
    def fields(self) -> frozenset[str]:
        """The top-level fields that may be edited; an empty `only_edit_fields` limits nothing."""
        if not self.only_edit_fields:
            return EDITABLE
        return EDITABLE & frozenset(self.only_edit_fields)
