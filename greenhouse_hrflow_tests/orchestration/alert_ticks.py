"""What the tests of the alert sensor share: a sensor that ticks, and a webhook that listens."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import dagster as dg

from greenhouse_hrflow.alerts import Alerts
from greenhouse_hrflow.orchestration.build import build_definitions
from greenhouse_hrflow.orchestration.resources import Storage
from greenhouse_hrflow.report import Outcome, ReportRow
from greenhouse_hrflow.storage.not_sent import NotSent
from greenhouse_hrflow_tests.convergence.clock import ruled_by
from greenhouse_hrflow_tests.support.stage import (
    KEYS,
    PROFILES,
    PromptGreenhouse,
    PromptHrFlow,
    Stage,
    utc_now,
)
from greenhouse_hrflow_tests.support.webhook_server import WebhookServer, webhook_server


@dataclass
class Alarm:
    """The alert sensor of a stage, with its cursor from tick to tick."""

    stage: Stage
    hook: WebhookServer
    alerts: Alerts
    cursor: str | None = None
    reasons: list[str] = field(default_factory=list)

    def tick(self, *, later: timedelta = timedelta()) -> list[dict[str, Any]]:
        """One tick, so much later than now; the messages that the webhook took from it."""
        before = len(self.hook.taken)
        moment = utc_now() + later
        stage = self.stage
        definitions = build_definitions(
            stage.workflow,
            greenhouse=PromptGreenhouse(),
            hrflow=PromptHrFlow(),
            cadence=stage.cadence,
            alerts=self.alerts,
        )
        repository = definitions.get_repository_def()
        sensor = repository.get_sensor_def(f"{stage.workflow.job_name}_alerts")
        with (
            ruled_by(lambda: moment),
            dg.build_sensor_context(
                instance=stage.instance,
                repository_def=repository,
                resources={KEYS.storage: Storage()},
                cursor=self.cursor,
            ) as context,
        ):
            evaluation = sensor.evaluate_tick(context)
        assert not evaluation.run_requests
        self.cursor = evaluation.cursor
        self.reasons.append(evaluation.skip_message or "")
        return self.hook.taken[before:]


MakeAlarm = Callable[..., Alarm]


@contextmanager
def alarms() -> Generator[MakeAlarm]:
    """`make(stage, form="slack", ui=…)`: an alert sensor, by default in the form of JSON."""
    with webhook_server() as hook:

        def make(stage: Stage, **options: Any) -> Alarm:
            settings: dict[str, Any] = {"form": "json", **options}
            return Alarm(stage, hook, Alerts(hook.url, **settings))

        yield make


def note_not_sent(stage: Stage, partition_key: str, **changes: Any) -> None:
    """Let the table of those who are not sent take in the report of a partition."""
    frame = stage.table(PROFILES, partition_key)
    names = (
        "candidate_id", "reference", "changed_at", "read_at", "pushed_at", "run_id", "reason",
        "attempts",
    )  # fmt: skip
    rows = [
        ReportRow(outcome=Outcome(str(row["outcome"])), **{name: row[name] for name in names})
        for row in frame.to_dict("records")
    ]
    changed = [replace(row, **changes) for row in rows]
    NotSent(stage.store, stage.workflow.workflow_id).record(
        changed, {row.candidate_id: partition_key for row in changed}
    )


def all_text(messages: list[dict[str, Any]]) -> str:
    """Everything that was said."""
    return " ".join(map(str, messages))
