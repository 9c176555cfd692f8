"""Imported by the fork server alone: what it has loaded, no run's process loads again."""

from __future__ import annotations

from greenhouse_hrflow_tests.convergence.run_process import warm

warm()
