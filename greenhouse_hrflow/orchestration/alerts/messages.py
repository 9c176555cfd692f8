"""What is to be told: of what has begun, what has grown, and what has ended; in Slack's form, or as
plain JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from greenhouse_hrflow.alerts import SLACK, Alerts
from greenhouse_hrflow.orchestration.alerts.condition import Cause, Condition
from greenhouse_hrflow.orchestration.alerts.memory import Memory, Told
from greenhouse_hrflow.windows import format_moment

BEGUN, ENDED = "begun", "ended"

_MOST_RUNS = 5
"""More failed runs than this at once, as of a backfill, are one message."""

_GROWTH_EVERY = timedelta(hours=1)
"""A set that grows by one every few minutes is not told of each time."""

_CANDIDATE = "https://app.greenhouse.io/people/{}"


@dataclass(frozen=True)
class Message:
    """One message, and what is remembered once it was taken.

    Attributes:
        path: of the page in Dagster's UI that shows it.
        changes: of the memory, by the condition's identity; None where it ended.
    """

    cause: Cause
    state: str
    text: str
    path: str
    counts: Mapping[str, int] = field(default_factory=dict)
    ids: Sequence[int] = ()
    run_id: str | None = None
    changes: Mapping[str, Told | None] = field(default_factory=dict)

    def body(self, alerts: Alerts, workflow_id: str, now: datetime) -> dict[str, Any]:
        """What is posted."""
        url = f"{alerts.ui.rstrip('/')}{self.path}" if alerts.ui else None
        if alerts.form == SLACK:
            return {"text": self._slack_text(workflow_id, url)}
        return {
            "workflow": workflow_id,
            "cause": self.cause.value,
            "state": self.state,
            "text": self.text,
            "counts": dict(self.counts),
            "ids": list(self.ids),
            "run_id": self.run_id,
            "url": url,
            "at": format_moment(now),
        }

    def _slack_text(self, workflow_id: str, url: str | None) -> str:
        parts = [f"*{_escaped(workflow_id)}*: {_escaped(self.text)}"]
        if self.ids:
            links = ", ".join(f"<{_CANDIDATE.format(each)}|{each}>" for each in self.ids)
            more = self.counts.get("candidates", 0) - len(self.ids)
            parts.append(f"Candidates: {links}{f' and {more} more' if more > 0 else ''}.")
        if url is not None:
            parts.append(f"<{url}|Open in Dagster>")
        return " ".join(parts)


def messages(memory: Memory, conditions: Sequence[Condition], now: datetime) -> list[Message]:
    """What is to be told now, in the order in which it is sent."""
    holds = {condition.identity for condition in conditions}
    ended = [
        _ended(identity, told)
        for identity, told in sorted(memory.told.items())
        if identity not in holds
    ]
    begun = [_begun(condition, now) for condition in conditions if _is_news(memory, condition, now)]
    return [*_few(ended), *_few(begun)]


def with_less(memory: Memory, conditions: Sequence[Condition]) -> Memory:
    """The memory, where a set has become smaller: it is told again once it grows from there."""
    changes: dict[str, Told | None] = {}
    for condition in conditions:
        told = memory.told.get(condition.identity)
        if told is not None and condition.number < told.number:
            changes[condition.identity] = Told.of(condition, told.at)
    return memory.with_told(changes)


def _is_news(memory: Memory, condition: Condition, now: datetime) -> bool:
    told = memory.told.get(condition.identity)
    if told is None:
        return condition.may_begin
    return condition.number > told.number and now - told.at >= _GROWTH_EVERY


def _begun(condition: Condition, now: datetime) -> Message:
    return Message(
        condition.cause,
        BEGUN,
        condition.begun,
        condition.path,
        condition.counts,
        condition.ids,
        condition.run_id,
        {condition.identity: Told.of(condition, now)},
    )


def _ended(identity: str, told: Told) -> Message:
    return Message(
        told.cause, ENDED, told.ended, told.path, run_id=told.run_id, changes={identity: None}
    )


def _few(told: Sequence[Message]) -> Iterator[Message]:
    """The messages, those of many runs as one."""
    runs = [message for message in told if message.cause is Cause.FAILED_RUN]
    if len(runs) <= _MOST_RUNS:
        yield from told
        return
    yield _of_many_runs(runs)
    yield from (message for message in told if message.cause is not Cause.FAILED_RUN)


def _of_many_runs(runs: Sequence[Message]) -> Message:
    changes: dict[str, Told | None] = {}
    for message in runs:
        changes.update(message.changes)
    number, state = len(runs), runs[0].state
    text = (
        f"{number} runs failed, each over other partitions. They say what to mend; what the sensor "
        "did not start is then to be re-executed."
        if state == BEGUN
        else f"{number} runs had failed, and later ones have done their work. Nothing is left to "
        "do for these."
    )
    return Message(Cause.FAILED_RUN, state, text, "/runs", counts={"runs": number}, changes=changes)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
