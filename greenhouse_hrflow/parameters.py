"""What a user gives, checked as one immutable object; what is wrong becomes one of our errors.

Which parameters there are is told where they are used: `greenhouse.pull_parameters` and
`hrflow.push_parameters`; those of an account come from `settings` too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from greenhouse_hrflow.errors import ConfigurationError

Given = TypeVar("Given", bound="Parameters")


class Parameters(BaseModel):
    """A set of named values; a subclass names its error and what one of its values is called."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    error: ClassVar[type[ConfigurationError]] = ConfigurationError
    kind: ClassVar[str] = "parameter"

    @classmethod
    def parse(cls: type[Given], given: Mapping[str, object] | Given | None) -> Given:
        """Check what is given; None stands for nothing.

        Raises:
            ConfigurationError: the subclass's own kind, with a line for each problem: the
                parameter, and what is wrong with it. No line repeats a value.
        """
        if isinstance(given, cls):
            return given
        try:
            return cls.model_validate({} if given is None else given)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False)
            lines = [line for problem in problems for line in cls._lines(problem)]
        # Outside of the handler: pydantic's own error holds the values.
        raise cls.error("\n".join(lines))

    @classmethod
    def _lines(cls, problem: ErrorDetails) -> list[str]:
        text = cls._text(problem)
        if not problem["loc"]:
            return text.splitlines()
        name = cls._shown_name(str(problem["loc"][0]))
        return [f"{name}{line}" for line in text.splitlines()]

    @classmethod
    def _shown_name(cls, name: str) -> str:
        return f"{name}: "

    @classmethod
    def _text(cls, problem: ErrorDetails) -> str:
        if problem["type"] == "value_error":
            return str(problem.get("ctx", {}).get("error"))
        if problem["type"] == "extra_forbidden":
            return f"no {cls.kind}; these are: {', '.join(cls.model_fields)}"
        if not problem["loc"]:
            return f"The {cls.kind}s must be a mapping of names to values"
        return problem["msg"]
