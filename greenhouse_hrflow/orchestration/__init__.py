"""Dagster: the assets, what starts them, and what they show. No other room imports dagster."""

from __future__ import annotations
