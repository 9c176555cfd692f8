"""The alert sensor: a tick finds what holds now, tells the webhook what is new, and remembers that.

What was taken by the webhook is never sent again, and what was not, is: where the first message of
a tick is not taken, the tick fails, which keeps the memory as it was.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import dagster as dg

from greenhouse_hrflow import clock
from greenhouse_hrflow.alerts import Alerts
from greenhouse_hrflow.errors import GreenhouseHrflowError
from greenhouse_hrflow.orchestration.alerts.condition import Cause, Condition
from greenhouse_hrflow.orchestration.alerts.failed_checks import failed_checks
from greenhouse_hrflow.orchestration.alerts.failed_runs import failed_runs
from greenhouse_hrflow.orchestration.alerts.failing_ticks import failing_ticks, is_sensor_running
from greenhouse_hrflow.orchestration.alerts.given_up import IDENTITY as GIVEN_UP
from greenhouse_hrflow.orchestration.alerts.given_up import given_up
from greenhouse_hrflow.orchestration.alerts.look import Look
from greenhouse_hrflow.orchestration.alerts.memory import Memory
from greenhouse_hrflow.orchestration.alerts.messages import Message, messages, with_less
from greenhouse_hrflow.orchestration.alerts.watermark import explains, standing_watermark
from greenhouse_hrflow.orchestration.keys import WORKFLOW_TAG
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.storage.not_sent import NotSent, NotSentRow
from greenhouse_hrflow.webhook import TIMEOUT, Webhook
from greenhouse_hrflow.workflow import Limits

DEFAULT_LIMITS = Limits()

_LONGEST = 30.0
"""Seconds that one tick may spend on posting."""

_NAMES = {
    Cause.FAILED_RUN: "failed run",
    Cause.FAILED_CHECK: "failed check",
    Cause.FAILING_TICKS: "sensor or schedule whose ticks fail or rest",
    Cause.WATERMARK: "watermark that stands still",
    Cause.GIVEN_UP: "set of candidates given up",
}


def build_alert_sensor(
    pipeline: Pipeline,
    alerts: Alerts,
    jobs: Iterable[str],
    limits: Limits = DEFAULT_LIMITS,
) -> dg.SensorDefinition:
    """The alert sensor, switched on: who gives a webhook means to be told.

    Args:
        jobs: the names of the workflow's jobs, whose runs are watched.
        limits: say how old the moment may be up to which all changes are in HrFlow.
    """
    keys, jobs = pipeline.keys, frozenset(jobs)

    @dg.sensor(
        name=keys.alerts,
        minimum_interval_seconds=alerts.every,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={keys.storage},
        tags={WORKFLOW_TAG: pipeline.workflow.workflow_id},
        description="Tells the webhook of failed runs, failed checks, failing or stopped ticks, a "
        "watermark that stands still and candidates given up: once when it begins, and once when "
        "it ends.",
    )
    def alerting(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        try:
            memory = Memory.read(context.cursor)
            # Read at each tick, so that it stands in no snapshot of the code location.
            with closing(Webhook(alerts.webhook_url())) as webhook:
                look = _look(pipeline, context, jobs, limits, memory)
                return AlertTick(look, alerts, webhook).evaluate()
        except GreenhouseHrflowError as error:
            failure = dg.Failure(str(error), allow_retries=False)
        raise failure

    return alerting


@dataclass(frozen=True)
class AlertTick:
    """What one tick works with."""

    look: Look
    alerts: Alerts
    webhook: Webhook

    def evaluate(self) -> dg.SensorResult:
        """Find what holds, tell what is new, and remember it.

        Raises:
            ApiUnavailable, ConfigurationError: the webhook did not take the first message.
        """
        conditions = conditions_now(self.look)
        memory = with_less(_awake(self.look), conditions)
        if any(explains(self.look, condition) for condition in conditions):
            memory = replace(memory, explained_at=self.look.now)
        news = messages(memory, conditions, self.look.now)
        memory, sent, fault = self._send(news, memory)
        if fault is None:
            seen_running = memory.seen_running or is_sensor_running(self.look)
            memory = replace(memory, looked_at=self.look.now, seen_running=seen_running)
        reason = _sentence(self.look, memory, sent, fault)
        return dg.SensorResult(skip_reason=reason, cursor=memory.write())

    def _send(self, news: Sequence[Message], memory: Memory) -> tuple[Memory, int, str | None]:
        """Post one after the other: the memory of those that were taken, how many, and what kept
        the rest back."""
        last_start = time.monotonic() + _LONGEST - sum(TIMEOUT)
        for sent, message in enumerate(news):
            if time.monotonic() > last_start:
                return memory, sent, "The webhook is slow: the next tick sends the rest."
            workflow_id = self.look.pipeline.workflow.workflow_id
            try:
                self.webhook.post(message.body(self.alerts, workflow_id, self.look.now))
            except GreenhouseHrflowError as error:
                # A tick that fails forgets what it sent: only one that sent nothing may fail.
                if not sent:
                    raise
                return memory, sent, f"{error}: the next tick sends the rest."
            memory = memory.with_told(message.changes)
        return memory, len(news), None


def conditions_now(look: Look) -> list[Condition]:
    """Everything that holds now, cause by cause."""
    found = [*failed_runs(look), *failed_checks(look), *failing_ticks(look)]
    return [*found, *standing_watermark(look, found), *given_up(look), *_not_to_be_seen(look)]


def _not_to_be_seen(look: Look) -> list[Condition]:
    """What was told of the candidates, where the tables cannot be read: that is no end of it."""
    told = look.memory.told.get(GIVEN_UP)
    if look.not_sent is not None or told is None:
        return []
    return [Condition(GIVEN_UP, told.cause, told.ended, told.ended, told.path, number=told.number)]


def _awake(look: Look) -> Memory:
    """The memory of a sensor that has just looked: since when its looks follow each other."""
    memory = look.memory
    has_slept = memory.looked_at is None or look.now - memory.looked_at > look.patience
    return replace(memory, awake_since=look.now if has_slept else memory.awake_since)


def _look(
    pipeline: Pipeline,
    context: dg.SensorEvaluationContext,
    jobs: frozenset[str],
    limits: Limits,
    memory: Memory,
) -> Look:
    origin = context.code_location_origin
    look = Look(
        pipeline=pipeline,
        instance=context.instance,
        jobs=jobs,
        checks=_checks(pipeline, context),
        location=origin.location_name if origin is not None else None,
        not_sent=_not_sent(pipeline, context),
        memory=memory,
        fresh_within=limits.fresh_within,
        now=clock.utc_now(),
    )
    # Also the causes are to see that this sensor has only just woken up.
    return replace(look, memory=_awake(look))


def _checks(pipeline: Pipeline, context: dg.SensorEvaluationContext) -> list[dg.AssetCheckKey]:
    """The checks of the workflow's assets in this code location, a user's own ones too."""
    if context.repository_def is None:
        return []
    ours = (pipeline.keys.candidates, pipeline.keys.profiles)
    checks = context.repository_def.asset_graph.asset_check_keys
    return sorted(
        (check for check in checks if check.asset_key in ours),
        key=lambda check: (check.asset_key.path, check.name),
    )


def _not_sent(
    pipeline: Pipeline, context: dg.SensorEvaluationContext
) -> Sequence[NotSentRow] | None:
    try:
        tables = pipeline.open_tables(context)
        return NotSent(tables, pipeline.workflow.workflow_id).rows()
    except (GreenhouseHrflowError, OSError) as error:
        # The other causes are told all the same; the runs, which need the tables more, will fail.
        context.log.warning("The tables cannot be read (%s)", type(error).__name__)
        return None


def _sentence(look: Look, memory: Memory, sent: int, fault: str | None) -> str:
    counts = Counter(told.cause for told in memory.told.values())
    parts = [f"{count} {_NAMES[cause]}" for cause, count in sorted(counts.items())]
    parts = [part if part.startswith("1 ") else _plural(part) for part in parts]
    now = f"Open: {', '.join(parts)}." if parts else "Nothing is open."
    messages_sent = "1 message was" if sent == 1 else f"{sent} messages were"
    told = f" {messages_sent} sent." if sent else ""
    unseen = " The tables cannot be read." if look.not_sent is None else ""
    return f"{now}{told}{unseen}{f' {fault}' if fault else ''}"


def _plural(part: str) -> str:
    head, of, rest = part.partition(" that ")
    return f"{head}s{of}{rest}"
