"""The fields of an HrFlow profile, by the way in which each is merged.

The names are those of HrFlow's Profile object and of the official SDK's schema (hrflow 4.3.0).
"""

from __future__ import annotations

POSITION_LISTS = {"experiences": "company", "educations": "school"}
"""Lists of positions, with the key that names where each was held."""

EXACT_LISTS = {
    "tags": ("name", "value"),
    "metadatas": ("name", "value"),
    "urls": ("type", "url"),
}
"""Lists in which an entry is what these keys say; a name may stand several times in a list."""

NAMED_LISTS = frozenset({"skills", "languages", "certifications", "courses", "tasks", "interests"})
"""Lists in which an entry is known by its name, and may hold more beside it."""

WHOLE_LISTS = frozenset({"labels"})
"""Lists in which an entry is all that it holds: one that differs in anything is another."""

TEXT_LISTS = NAMED_LISTS | {"tags", "metadatas"}
"""Lists of {name, value} whose values HrFlow takes as text only."""

RECORDS = frozenset({"info", "location", "fields"})
"""Fields that hold an object."""

MERGED_RECORDS = frozenset({"info", "location"})
"""Those of them that are merged field by field; `fields` is one value."""

DATES = frozenset({"date_start", "date_end", "date_birth"})
"""Fields that hold a date, as HrFlow writes it: `2019-01-01T00:00:00`, without a zone."""

TEXTS = DATES | frozenset(
    {
        "text",
        "text_language",
        "created_at",
        "full_name",
        "first_name",
        "last_name",
        "email",
        "phone",
        "picture",
        "gender",
        "summary",
        "driving_license",
        "company",
        "school",
        "logo",
        "title",
        "description",
        "name",
        "type",
        "url",
    }
)
"""Fields that hold a text, at whatever depth they stand."""

NUMBERS = frozenset({"lat", "lng", "experiences_duration", "educations_duration"})
"""Fields that hold a number."""

SCALARS = frozenset({"value"})
"""Fields that hold a text, a number or a boolean: HrFlow's documents show tags of all three."""

SET_BY_HRFLOW = frozenset(
    {
        "key",
        "id",
        "source",
        "source_key",
        "updated_at",
        "archived_at",
        "attachments",
        "consent_algorithmic",
    }
)
"""Fields that HrFlow itself sets: sent back as they stand, never edited."""

EDITABLE = frozenset(
    {
        "info",
        "text",
        "text_language",
        "created_at",
        "experiences_duration",
        "educations_duration",
        *POSITION_LISTS,
        *NAMED_LISTS,
        *WHOLE_LISTS,
        "tags",
        "metadatas",
    }
)
"""Fields that a format can give."""

PROFILE_FIELDS = EDITABLE | SET_BY_HRFLOW | {"reference"}
"""Every top-level field of a profile."""

NEVER_REMOVED = frozenset({"text"})
"""Top-level fields that a profile cannot do without: an empty text takes it out of HrFlow's
search."""

WRITTEN_ONCE = frozenset({"created_at"})
"""Fields that HrFlow may keep as they are, whatever an edit says. Where one is given as it was
written last, it counts as no difference; else every run would write it in vain."""
