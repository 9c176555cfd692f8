"""A code location whose jobs carry out each step in a process of its own."""

from __future__ import annotations

import dagster as dg

from greenhouse_hrflow import Workflow, build_definitions

defs = build_definitions(Workflow(), executor=dg.multiprocess_executor)
