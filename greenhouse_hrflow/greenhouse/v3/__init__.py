"""Harvest v3: lists of flat records, joined and brought into v1's shape. `reader` is the way in."""

from __future__ import annotations
