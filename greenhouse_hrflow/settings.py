"""How a setting is found and checked: what is given, else its variable, else its default.

The environment itself is read in `environment`. Which settings there are is told where they are
used: `greenhouse.settings`, `hrflow.settings`, `storage.location`, `definitions`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import AfterValidator, AnyHttpUrl, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from greenhouse_hrflow.environment import given, variable
from greenhouse_hrflow.parameters import Parameters

if TYPE_CHECKING:
    from typing_extensions import LiteralString

Settings = TypeVar("Settings", bound="AccountSettings")

_VARIABLE = "variable"
_ADDRESS = "address"
_BEGINNING = re.compile(r"https?://[^/]", re.IGNORECASE)
_URL = TypeAdapter(AnyHttpUrl)


def setting(name: str, **field: Any) -> Any:
    """A field of `AccountSettings` that the environment variable of this name can give.

    Args:
        field: what pydantic's `Field` takes; of a required one the description says what the
            variable must hold.
    """
    return Field(json_schema_extra={_VARIABLE: name}, **field)


def _address(value: str) -> str:
    """The address as pydantic writes it: two parsers may see two hosts in one text."""
    if not value.isprintable() or any(character in value for character in " \\"):
        raise _refused("holds a blank, a backslash or an invisible character")
    # pydantic takes a host from behind any number of slashes.
    if not _BEGINNING.match(value):
        raise _refused("is not a URL")
    try:
        url = _URL.validate_python(value)
    except ValidationError:
        raise _refused("is not a URL") from None
    if "@" in value.partition("://")[2].partition("/")[0]:
        raise _refused("must not hold a user name or a password")
    if url.port == 0:
        raise _refused("is not a URL")
    if "?" in value or "#" in value:
        raise _refused("must end before any ? or #")
    return str(url).rstrip("/")


def _refused(fault: LiteralString) -> PydanticCustomError:
    return PydanticCustomError(_ADDRESS, fault)


BaseUrl = Annotated[str, AfterValidator(_address)]
"""An address to which paths can be appended, without a slash at its end, and without a user name,
a password or a query: they would stand in logs."""


def is_address(value: str) -> bool:
    """Whether this is an address that may be shown: one that can hold no secret."""
    try:
        _address(value)
    except PydanticCustomError:
        return False
    return True


class AccountSettings(Parameters):
    """The credentials and addresses of one account; secrets are `SecretStr`, and never shown."""

    @classmethod
    def resolve(cls: type[Settings], **given_values: object) -> Settings:
        """Take what is given, else the field's variable, else its default.

        Raises:
            ConfigurationError: the subclass's own kind: a setting is missing or malformed; it
                names the variable, and repeats no value.
        """
        found = {name: cls._find(name, given_values.get(name)) for name in cls.model_fields}
        return cls.parse({name: value for name, value in found.items() if value is not None})

    @classmethod
    def variable_of(cls, name: str) -> str | None:
        """The environment variable of a field; None for one that has none."""
        extra = cls.model_fields[name].json_schema_extra
        found = extra.get(_VARIABLE) if isinstance(extra, dict) else None
        return found if isinstance(found, str) else None

    @classmethod
    def _find(cls, name: str, value: object) -> object:
        from_environment = cls.variable_of(name)
        return value if from_environment is None else given(value) or variable(from_environment)

    @classmethod
    def _shown_name(cls, name: str) -> str:
        of_environment = cls.variable_of(name) if name in cls.model_fields else None
        return f"{of_environment} " if of_environment else f"{name}: "

    @classmethod
    def _text(cls, problem: ErrorDetails) -> str:
        if problem["type"] == "missing":
            field = cls.model_fields[str(problem["loc"][0])]
            return f"is not set: it must hold {field.description}."
        if problem["type"].startswith(("int_", "greater_than")):
            return "must be a whole number above 0."
        if problem["type"] == _ADDRESS:
            example = cls.model_fields[str(problem["loc"][0])].default
            return f"{problem['msg']}: it must look like {example}"
        return super()._text(problem)
