"""Harvest v1: numbered pages of whole candidates."""

from __future__ import annotations
