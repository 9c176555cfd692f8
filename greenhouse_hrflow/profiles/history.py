"""What earlier pushes know of each profile, by reference: with it a push need not ask HrFlow for
what it was told before, and never turns a profile back.

It is read from the ledger (`storage.ledger`) and the stored report (`storage.report_table`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from greenhouse_hrflow.read_version import ReadVersion


@dataclass(frozen=True, slots=True)
class Reported:
    """A candidate whose profile, by the stored report, holds what the format gave.

    Attributes:
        fingerprint: `Transformation.fingerprint` of what the format gave.
        version: the read that the profile was written from or compared with.
        reason: what the report says beside the outcome, such as the fields in another shape.
        profile_key: HrFlow's key of the profile, where the report has it.
    """

    fingerprint: str
    version: ReadVersion
    reason: str | None = None
    profile_key: str | None = None


@dataclass(frozen=True)
class History:
    """What is known of the references of one push.

    Attributes:
        compared: the latest read that the profile was compared with or written from.
        written: the latest read that it was written from.
        attempts: in how many runs in a row HrFlow has failed for it; no entry for none.
        reported: how the stored report of the push's own partitions left it; empty where the push
            is to compare every profile.
    """

    compared: Mapping[str, ReadVersion] = field(default_factory=dict[str, ReadVersion])
    written: Mapping[str, ReadVersion] = field(default_factory=dict[str, ReadVersion])
    attempts: Mapping[str, int] = field(default_factory=dict[str, int])
    reported: Mapping[str, Reported] = field(default_factory=dict[str, Reported])

    def knows_later_read(self, reference: str, version: ReadVersion) -> bool:
        """Whether an earlier push compared or wrote a later read: told without a request."""
        compared = self.compared.get(reference)
        return compared is not None and compared.is_later_than(version)

    def last_reported(self, reference: str, fingerprint: str) -> Reported | None:
        """How the profile was left, where it was left holding just this: told without a request.

        None where something else was written since, by a push of another partition, say: then the
        ledger knows a later read than the report's.
        """
        reported = self.reported.get(reference)
        if reported is None or reported.fingerprint != fingerprint:
            return None
        return reported if self.compared.get(reference) == reported.version else None

    def knows_later_edit(self, reference: str, last_applied: ReadVersion | None) -> bool:
        """Whether an earlier push wrote a later read than a profile's last-applied tells."""
        written = self.written.get(reference)
        return written is not None and (last_applied is None or last_applied < written)
