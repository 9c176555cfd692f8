"""Harvest v1: numbered pages of whole candidates. `reader` is the way in."""

from __future__ import annotations
