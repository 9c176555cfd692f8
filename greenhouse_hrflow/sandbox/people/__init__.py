"""Made-up people: candidates with their children in Greenhouse, and profiles in HrFlow."""

from __future__ import annotations
