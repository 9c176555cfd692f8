"""The incremental sensor and the schedule: ticks that fail, stop, or do not come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from greenhouse_hrflow.orchestration.alerts.condition import Cause, Condition
from greenhouse_hrflow.orchestration.alerts.look import Look
from greenhouse_hrflow.windows import format_moment

SENSOR, SCHEDULE = "SENSOR", "SCHEDULE"
"""Dagster's names of the two kinds."""

_LATEST = 5
"""So many ticks are looked at; those that have not ended say nothing yet."""


def failing_ticks(look: Look) -> Iterator[Condition]:
    """A condition for each of the two whose latest tick failed, and for a sensor that rests."""
    keys = look.pipeline.keys
    sensor = state_of(look, keys.sensor, SENSOR)
    fault = _silence(look, sensor) if is_sensor_running(look) else _rest(look)
    if is_sensor_running(look) and _has_failed(look, sensor):
        fault = (_failed(keys.sensor, "sensor"), True)
    if fault is not None:
        text, may_begin = fault
        yield _condition(look, keys.sensor, "sensor", text, may_begin)
    schedule = state_of(look, keys.schedule, SCHEDULE)
    if schedule is not None and schedule.is_running and _has_failed(look, schedule):
        text = _failed(keys.schedule, "schedule")
        yield _condition(look, keys.schedule, "schedule", text, True)


def state_of(look: Look, name: str, kind: str) -> Any:
    """What the instance knows of a sensor or a schedule of this location; None where nothing."""
    for state in look.instance.all_instigator_state():
        is_it = state.instigator_name == name and state.instigator_type.value == kind
        if is_it and look.is_here(state.origin.repository_origin):
            return state
    return None


def is_sensor_running(look: Look) -> bool:
    """Whether the incremental sensor is switched on, by a person or by the workflow."""
    state = state_of(look, look.pipeline.keys.sensor, SENSOR)
    if state is None or state.status.value not in ("RUNNING", "STOPPED"):
        return look.pipeline.workflow.incremental
    return state.status.value == "RUNNING"


def _rest(look: Look) -> tuple[str, bool] | None:
    """A sensor that was stopped; one that was never switched on is meant to rest."""
    if not (look.pipeline.workflow.incremental or look.memory.seen_running):
        return None
    name = look.pipeline.keys.sensor
    text = (
        f"The sensor {name} was stopped: no change reaches HrFlow by itself. Switch it on again "
        "under Automation, unless it is to rest."
    )
    return text, True


def _silence(look: Look, state: Any) -> tuple[str, bool] | None:
    """A sensor that is on and does not tick; whether that is to be told yet."""
    last, since = _last_sign(look, state)
    if look.now - since <= look.patience:
        return None
    name = look.pipeline.keys.sensor
    seen = f" since {format_moment(last)}" if last is not None else ""
    text = (
        f"The sensor {name} has not ticked{seen}, though it is switched on. Look whether Dagster's "
        "daemon and the code location are up."
    )
    # Where this sensor itself has slept, as after a stop of the daemon, the other one is given
    # the time to wake up as well.
    awake_since = look.memory.awake_since or look.now
    return text, look.now - awake_since > look.patience


def _last_sign(look: Look, state: Any) -> tuple[datetime | None, datetime]:
    """When it ticked last, and since when a tick is waited for."""
    awake_since = look.memory.awake_since or look.now
    if state is None:
        return None, awake_since
    ticks = look.instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
    last = max((_moment(tick.timestamp) for tick in ticks), default=None)
    data = state.sensor_instigator_data
    started = _moment(data.last_sensor_start_timestamp or 0) if data is not None else _moment(0)
    if last is None and started == _moment(0):
        return None, awake_since
    return last, max(last or started, started)


def _has_failed(look: Look, state: Any) -> bool:
    """Whether the latest tick that has ended failed."""
    if state is None:
        return False
    ticks = look.instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=_LATEST)
    ended = [tick.status.value for tick in ticks if tick.status.value != "STARTED"]
    return bool(ended) and ended[0] == "FAILURE"


def _failed(name: str, kind: str) -> str:
    return (
        f"The last tick of the {kind} {name} failed. Open it under Automation: it says what to "
        "mend, and the next tick goes on by itself."
    )


def _condition(look: Look, name: str, kind: str, text: str, may_begin: bool) -> Condition:
    location = quote(look.location or "", safe="")
    page = f"/locations/{location}/{kind}s/{quote(name, safe='')}"
    return Condition(
        f"ticks {name}",
        Cause.FAILING_TICKS,
        text,
        f"The {kind} {name} ticks again. Nothing is left to do.",
        page if location else "/automation",
        may_begin=may_begin,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
