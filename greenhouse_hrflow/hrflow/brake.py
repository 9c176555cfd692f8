"""The brake: how many edits are too many for one run, and what a run says that it stops. Pure.

When profiles are compared before any is edited is told in `braked_push`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from greenhouse_hrflow.errors import BrakeApplied, ConfigurationError
from greenhouse_hrflow.report import Outcome, Report, ReportRow

DEFAULT_FLOOR = 100

_FIELDS_NAMED = 8
"""How many fields the message names, those that most profiles would be edited in."""

_LET_THROUGH = (
    "If that is what is wanted, let it through once: start it with let_through: true in the "
    "launchpad's config of hrflow_profiles, or re-execute it (or launch the backfill) with the run "
    "tag greenhouse_hrflow/let_through = true."
)


@dataclass(frozen=True)
class Brake:
    """The most profiles that one run may edit: it stops where there are more than both allow.

    Attributes:
        share: of the candidates that the run brings to HrFlow, as a fraction above 0 and at most 1.
        floor: a number of profiles that any run may edit, whatever their share.
    """

    share: float
    floor: int = DEFAULT_FLOOR

    def __post_init__(self) -> None:
        # From the environment or a user's file: neither is held to the annotations. To Python, True
        # is the number 1.
        if type(self.share) not in (int, float) or not 0 < self.share <= 1:
            raise ConfigurationError(
                "The brake takes a share above 0 and at most 1, such as 0.2 for 20 %."
            )
        if type(self.floor) is not int or self.floor < 0:
            raise ConfigurationError("The brake takes a floor of 0 or a whole number above it.")

    def fault(self, compared: Report) -> BrakeApplied | None:
        """What a run is stopped for, by what comparing its profiles has shown; None to go on."""
        edits = [row for row in compared.rows if row.outcome is Outcome.WOULD_UPDATE]
        # As it was written down: in binary, 0.29 of 100 is a little less than 29.
        share = Decimal(str(self.share)) * len(compared.rows)
        if len(edits) <= self.floor or len(edits) <= share:
            return None
        return BrakeApplied(
            f"This run would edit {len(edits)} of {len(compared.rows)} profiles, more than the "
            f"brake allows ({self.floor}, and {100 * self.share:g} % of the candidates): "
            f"{_fields(edits)}. Nothing was edited. {_LET_THROUGH}"
        )


def _fields(edits: Iterable[ReportRow]) -> str:
    """The names of the fields that would be edited, each with its count, the commonest first."""
    counts = Counter(name for row in edits for name in set(row.changed_fields))
    commonest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = ", ".join(f"{count} {name}" for name, count in commonest[:_FIELDS_NAMED])
    more = len(commonest) - _FIELDS_NAMED
    return f"{named} and {more} more" if more > 0 else named
