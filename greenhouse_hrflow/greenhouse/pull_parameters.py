"""The eight pull parameters: which candidates are read.

Here is only what may be given; every fault is found before any request. How a parameter is sent is
decided in `v3.selection` and `v1.pages`.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, cast

from pydantic import BeforeValidator, Field, model_validator

from greenhouse_hrflow.errors import ConfigurationError, PullParameterError
from greenhouse_hrflow.parameters import Parameters
from greenhouse_hrflow.windows import UpdateWindow, parse_moment

MAX_IDS = 50
"""Greenhouse's own limit on a list of ids in one request, in v1 and in v3."""

_ID = re.compile(r"0*[1-9][0-9]{0,18}", re.ASCII)
_EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+")


def _parse_job_id(value: object) -> str:
    return str(_parse_positive_id(value))


def _check_email(value: object) -> str:
    if isinstance(value, str) and _EMAIL.fullmatch(value):
        return value
    raise ValueError("not one e-mail address, such as name@example.com")


def _parse_candidate_ids(value: object) -> str:
    parts: list[object] = [value]
    if isinstance(value, str):
        parts = list(value.split(","))
    elif isinstance(value, list | tuple):
        parts = list(cast("list[object]", value))
    ids = dict.fromkeys(_parse_positive_id(part) for part in parts)
    if not 1 <= len(ids) <= MAX_IDS:
        raise ValueError(f"{len(ids)} ids, where 1 to {MAX_IDS} are allowed")
    return ",".join(map(str, ids))


def _parse_positive_id(value: object) -> int:
    text = str(value).strip() if isinstance(value, str | int) else ""
    if not _ID.fullmatch(text):
        raise ValueError("not made of positive integers, such as 53883394")
    return int(text)


def _parse_moment(value: Any) -> datetime:
    return parse_moment(value)


Moment = Annotated[datetime, BeforeValidator(_parse_moment)]


class PullParameters(Parameters):
    """Which candidates are pulled: those that fulfil every parameter that is given.

    Timestamps are ISO-8601 text or datetimes; one without a zone is UTC.
    """

    error: ClassVar[type[ConfigurationError]] = PullParameterError
    kind: ClassVar[str] = "pull parameter"

    skip_count: bool | None = Field(
        default=None,
        description="Harvest v1 then answers faster, without counting its pages. "
        "Harvest v3 never counts: it accepts this without effect.",
    )
    created_before: Moment | None = Field(
        default=None, description="Only candidates created before this moment."
    )
    created_after: Moment | None = Field(
        default=None, description="Only candidates created at this moment or later."
    )
    updated_before: Moment | None = Field(
        default=None, description="Only candidates changed before this moment."
    )
    updated_after: Moment | None = Field(
        default=None, description="Only candidates changed at this moment or later."
    )
    job_id: Annotated[str, BeforeValidator(_parse_job_id)] | None = Field(
        default=None,
        description="Only candidates who applied to this job; its prospects do not count.",
    )
    email: Annotated[str, BeforeValidator(_check_email)] | None = Field(
        default=None,
        repr=False,
        description="Only candidates with this e-mail address. It wins over candidate_ids.",
    )
    candidate_ids: Annotated[str, BeforeValidator(_parse_candidate_ids)] | None = Field(
        default=None,
        description="Only these candidates: 1 to 50 ids, separated by commas, or a list of them.",
    )

    @model_validator(mode="after")
    def _windows_hold_a_moment(self) -> PullParameters:
        problems = [
            f"{name}_before: not after {name}_after, so no candidate could match"
            for name, window in (("updated", self.update_window), ("created", self.created_window))
            if window.is_empty
        ]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def update_window(self) -> UpdateWindow:
        """The bounds on a candidate's change."""
        return UpdateWindow(self.updated_after, self.updated_before)

    @property
    def created_window(self) -> UpdateWindow:
        """The bounds on a candidate's creation."""
        return UpdateWindow(self.created_after, self.created_before)

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids to select by: none beside an e-mail address, which wins over them."""
        if self.email is not None or self.candidate_ids is None:
            return ()
        return tuple(int(part) for part in self.candidate_ids.split(","))
