"""Harvest v3: lists of flat records, joined and brought into v1's shape."""

from __future__ import annotations
