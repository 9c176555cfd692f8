"""The eight pull parameters as one checked, immutable object.

What a parameter is sent as is decided in `harvest_v3_selection` and `harvest_v1`; here is only
what may be given. Every fault is found before any request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from greenhouse_hrflow.errors import PullParameterError
from greenhouse_hrflow.windows import UpdateWindow, parse_moment

MAX_IDS = 50
"""Greenhouse's own limit on a list of ids in one request, in v1 and in v3."""

_ID = re.compile(r"0*[1-9][0-9]{0,18}", re.ASCII)
_EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+")


def _job_id(value: object) -> str:
    return str(_positive_id(value))


def _email(value: object) -> str:
    if isinstance(value, str) and _EMAIL.fullmatch(value):
        return value
    raise ValueError("not one e-mail address, such as name@example.com")


def _candidate_ids(value: object) -> str:
    parts: list[object] = [value]
    if isinstance(value, str):
        parts = list(value.split(","))
    elif isinstance(value, list | tuple):
        parts = list(cast("list[object]", value))
    ids = dict.fromkeys(_positive_id(part) for part in parts)
    if not 1 <= len(ids) <= MAX_IDS:
        raise ValueError(f"{len(ids)} ids, where 1 to {MAX_IDS} are allowed")
    return ",".join(map(str, ids))


def _positive_id(value: object) -> int:
    text = str(value).strip() if isinstance(value, str | int) else ""
    if not _ID.fullmatch(text):
        raise ValueError("not made of positive integers, such as 53883394")
    return int(text)


def _moment(value: Any) -> datetime:
    return parse_moment(value)


Moment = Annotated[datetime, BeforeValidator(_moment)]


class PullParameters(BaseModel):
    """Which candidates are pulled; every parameter is optional, and they are joined by "and".

    Timestamps are ISO-8601 text or datetimes; one without a zone is UTC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

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
    job_id: Annotated[str, BeforeValidator(_job_id)] | None = Field(
        default=None,
        description="Only candidates who applied to this job; its prospects do not count.",
    )
    email: Annotated[str, BeforeValidator(_email)] | None = Field(
        default=None,
        repr=False,
        description="Only candidates with this e-mail address. It wins over candidate_ids.",
    )
    candidate_ids: Annotated[str, BeforeValidator(_candidate_ids)] | None = Field(
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
        """The candidate ids that select: none where an e-mail address does."""
        if self.email is not None or self.candidate_ids is None:
            return ()
        return tuple(int(part) for part in self.candidate_ids.split(","))


def parse_pull_parameters(
    given: Mapping[str, object] | PullParameters | None,
) -> PullParameters:
    """Check pull parameters; None stands for none.

    Raises:
        PullParameterError: a line for each problem: the parameter, and what is wrong with it.
            No line repeats a value.
    """
    if isinstance(given, PullParameters):
        return given
    try:
        return PullParameters.model_validate({} if given is None else given)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        lines = [line for problem in problems for line in _lines(problem)]
    raise PullParameterError("\n".join(lines))


def _lines(problem: ErrorDetails) -> list[str]:
    if problem["type"] == "value_error":
        text = str(problem.get("ctx", {}).get("error"))
    elif problem["type"] == "extra_forbidden":
        text = f"no pull parameter; these are: {', '.join(PullParameters.model_fields)}"
    elif not problem["loc"]:
        text = "The pull parameters must be a mapping of names to values"
    else:
        text = problem["msg"]
    name = f"{problem['loc'][0]}: " if problem["loc"] else ""
    return [f"{name}{line}" for line in text.splitlines()]
