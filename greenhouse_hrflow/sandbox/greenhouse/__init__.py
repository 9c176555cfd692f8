"""Greenhouse: its rows, and Harvest v1 and v3 over them."""

from __future__ import annotations
