"""What the tests of the incremental sensor share: the windows that ticks request, and cursors."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import dagster as dg

from greenhouse_hrflow.windows import format_moment, parse_moment
from greenhouse_hrflow_tests.support.dagster_results import requested
from greenhouse_hrflow_tests.support.stage import Stage

MINUTE = timedelta(minutes=1)

_AFTER = "greenhouse_hrflow/updated_after"
_BEFORE = "greenhouse_hrflow/updated_before"


def requested_window(tick: dg.SensorResult) -> tuple[datetime, datetime]:
    """The bounds of the run that a tick requested."""
    tags = requested(tick).tags
    return parse_moment(tags[_AFTER]), parse_moment(tags[_BEFORE])


def run_requested(stage: Stage, tick: dg.SensorResult) -> str | None:
    """Run what a tick requested, with success; returns the cursor after it."""
    assert stage.obey(tick).success
    return tick.cursor


def cursor_at(moment: datetime) -> str:
    """The cursor that an operator sets by hand."""
    return json.dumps({"watermark": format_moment(moment)})
