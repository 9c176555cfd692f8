"""Whose an application is: an attachment may name its application alone."""

from __future__ import annotations

from collections.abc import Collection

from greenhouse_hrflow.greenhouse.candidate import coerced_id
from greenhouse_hrflow.greenhouse.v3.lists import HarvestV3Lists

ApplicationOwners = dict[int, int | None]
"""The candidate of each application; None of one that did not come, or names nobody."""


def ask_owners(lists: HarvestV3Lists, applications: Collection[int]) -> ApplicationOwners:
    """Ask for the candidates of these applications; without any, nothing is asked."""
    rows = lists.find("applications", "ids", applications, ("id", "candidate_id")).rows
    return {
        application: coerced_id(rows[application].get("candidate_id"))
        if application in rows
        else None
        for application in applications
    }
