"""Which names of a profile's fields may be shown outside of the tables.

A format may use a candidate's own value as a name, `{"info": {candidate["email"]: …}}`. Names stand
in reasons, in changed fields, in logs and in Dagster's UI, where nothing personal may: only those
that HrFlow's documents know are shown there.
"""

from __future__ import annotations

from collections.abc import Iterable

from greenhouse_hrflow.profiles.fields import (
    NUMBERS,
    PROFILE_FIELDS,
    RECORDS,
    SCALARS,
    TEXTS,
)

UNKNOWN_NAME = "(unknown name)"
"""Stands for a name that HrFlow's documents do not know."""

_ADDRESS_FIELDS = frozenset(
    {
        "category",
        "city",
        "city_district",
        "country",
        "country_region",
        "entrance",
        "house",
        "house_number",
        "island",
        "level",
        "near",
        "po_box",
        "postcode",
        "road",
        "staircase",
        "state",
        "state_district",
        "suburb",
        "unit",
        "world_region",
    }
)
_LABEL_FIELDS = frozenset(
    {"board_key", "job_key", "job_reference", "stage", "date_stage", "rating", "date_rating"}
)
_ATTACHMENT_FIELDS = frozenset(
    {"alt", "file_size", "file_name", "original_file_name", "extension", "public_url"}
)
_SOURCE_FIELDS = frozenset({"subtype", "environment"})
_OF_CONNECTORS = frozenset({"resume"})
"""What formats for HrFlow's own connectors give, and no edit takes."""

KNOWN_NAMES = (
    PROFILE_FIELDS
    | RECORDS
    | TEXTS
    | NUMBERS
    | SCALARS
    | {"urls"}
    | _ADDRESS_FIELDS
    | _LABEL_FIELDS
    | _ATTACHMENT_FIELDS
    | _SOURCE_FIELDS
    | _OF_CONNECTORS
)
"""Every name that HrFlow's Profile object and the schema of the official SDK (hrflow 4.3.0) know,
at whatever depth."""


def shown_name(name: object) -> str:
    """The name, where it is known; a placeholder for any other."""
    return str(name) if name in KNOWN_NAMES else UNKNOWN_NAME


def shown_fields(names: Iterable[str]) -> list[str]:
    """Names of changed fields, such as `tags` or `info.phone`, each once and in their order."""
    # What follows the first dot is one name, whatever stands in it.
    return list(dict.fromkeys(".".join(map(shown_name, name.split(".", 1))) for name in names))
