"""What the tests of a push share: made-up profiles in a sandbox, and pushes at them."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from urllib3.util import Retry

from greenhouse_hrflow.hrflow.candidate_push import PushSettings
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.push import ProfilePush, PushResult
from greenhouse_hrflow.hrflow.settings import HrFlowSettings
from greenhouse_hrflow.profiles.fields import EDITABLE
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.profiles.last_applied import without_last_applied
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.profiles.transform import FormattedCandidate
from greenhouse_hrflow.read_version import ReadVersion
from greenhouse_hrflow.report import Outcome, ReportRow
from greenhouse_hrflow.sandbox import Sandbox

WORKFLOW = "a_workflow"
READ_AT = datetime(2025, 3, 10, 12, tzinfo=timezone.utc)
CHANGED_AT = datetime(2025, 3, 10, 11, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)

CROWD = range(1, 61)
"""The ids of candidates enough that failures of many count against the whole push."""

AT_ONCE = Retry(total=4, backoff_factor=0)
"""As often as by default, without the waits."""

RICH: JsonObject = {
    "info": {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "full_name": "Ada Lovelace",
        "email": "old@example.com",
        "phone": "01632 960000",
        "date_birth": "1990-12-10T00:00:00+0000",
        "location": {"text": "Oslo", "lat": 59.9, "lng": 10.7, "fields": {"city": "Oslo"}},
        "urls": [{"type": "from_resume", "url": "https://example.org/cv"}],
        "picture": "https://pictures.invalid/1.png",
        "gender": "female",
        "summary": "Wrote the first program. Écrit en français, too.",
        "driving_license": "B",
    },
    "text": "A résumé\nwith 漢字 and 🚀",
    "text_language": "en",
    "created_at": "2020-01-01T00:00:00+0000",
    "experiences_duration": 2.5,
    "educations_duration": 4.0,
    "experiences": [
        {
            "company": "Analytical Engines",
            "title": "Engineer",
            "date_start": "2019-01-01T00:00:00",
            "description": "Wrote notes",
            "skills": [{"name": "notes", "type": "hard", "value": "5/5"}],
        }
    ],
    "educations": [{"school": "At home", "title": "Mathematics", "description": "Taught"}],
    "skills": [{"name": "Python", "type": "hard", "value": None}],
    "languages": [{"name": "english", "value": "fluent"}],
    "certifications": [{"name": "first aid", "value": "2021"}],
    "courses": [{"name": "statistics", "value": None}],
    "tasks": [{"name": "on call", "value": None}],
    "interests": [{"name": "chess", "value": None}],
    "tags": [{"name": "pool", "value": "spring"}, {"name": "pool", "value": "night"}],
    "metadatas": [{"name": "origin", "value": "career fair"}],
    "labels": [
        {
            "board_key": "b",
            "stage": "new",
            "date_stage": "2024-01-01T00:00:00+0000",
            "rating": 3,
            "date_rating": "2024-01-01T00:00:00+0000",
        }
    ],
    "attachments": [
        {
            "type": "resume",
            "alt": "original",
            "file_size": "10000",
            "file_name": "original.pdf",
            "original_file_name": "résumé.pdf",
            "extension": ".pdf",
            "public_url": "https://files.invalid/original.pdf",
            "updated_at": "2024-01-01T00:00:00+0000",
            "created_at": "2024-01-01T00:00:00+0000",
        }
    ],
}
GIVEN: JsonObject = {
    "info": {"first_name": "Ada", "phone": "+1 555 0100"},
    "tags": [{"name": "greenhouse_tag", "value": "Java"}],
}
"""What a format gives: another phone than `RICH`, and a tag that it does not hold."""


def add_profiles(sandbox: Sandbox, *candidate_ids: int) -> None:
    """Give each candidate a profile like `RICH`."""
    for candidate_id in candidate_ids:
        sandbox.hrflow.add({**json.loads(json.dumps(RICH)), "reference": str(candidate_id)})


def formatted(
    candidate_id: int = 1,
    profile: JsonObject | None = None,
    *,
    reference: str | None = None,
    read_at: datetime = READ_AT,
    changed_at: datetime = CHANGED_AT,
) -> FormattedCandidate:
    """A candidate as the format gave it, by default `GIVEN`."""
    return FormattedCandidate(
        candidate_id,
        reference or str(candidate_id),
        ReadVersion(read_at, changed_at),
        json.dumps(GIVEN if profile is None else profile),
        "a fingerprint",
    )


@contextmanager
def client_of(
    server: Sandbox | str,
    *,
    workers: int = 4,
    retries: Retry = AT_ONCE,
    secret: str | None = None,
    source_key: str | None = None,
    log: logging.Logger | None = None,
) -> Generator[HrFlowClient]:
    """A client of the sandbox, or of another address."""
    environment: dict[str, str] = {}
    if isinstance(server, Sandbox):
        environment = server.environment()
    settings = HrFlowSettings.resolve(
        api_secret=secret or environment.get("HRFLOW_API_SECRET", "ask_hush"),
        api_user=environment.get("HRFLOW_API_USER", "me@example.com"),
        base_url=environment.get("HRFLOW_BASE_URL") or str(server),
        push_workers=workers,
    )
    key = source_key or environment.get("HRFLOW_SOURCE_KEY", "a-source")
    with HrFlowClient(settings, key, retries=retries, log=log) as client:
        yield client


def push(
    server: Sandbox | str,
    *candidates: FormattedCandidate,
    history: History | None = None,
    persist: bool = True,
    fields: frozenset[str] = EDITABLE,
    retries: Retry = AT_ONCE,
    log: logging.Logger | None = None,
    **client: Any,
) -> PushResult:
    """Push these candidates in one run; without waits unless `retries` says otherwise."""
    with client_of(server, retries=retries, log=log, **client) as opened:
        return ProfilePush(
            opened,
            PushSettings(WORKFLOW, fields, "a run", persist, retries),
            history=history,
            log=log,
        ).run(candidates)


def outcomes(result: PushResult) -> dict[int, Outcome]:
    """What became of each candidate; each has one row."""
    by_id = {row.candidate_id: row.outcome for row in result.report.rows}
    assert len(by_id) == len(result.report.rows)
    return by_id


def only_row(result: PushResult) -> ReportRow:
    """The row of the only candidate."""
    (row,) = result.report.rows
    return row


def profile_of(sandbox: Sandbox, reference: object = 1) -> JsonObject:
    """The profile as it stands in HrFlow."""
    profile = sandbox.hrflow.profile(str(reference))
    assert profile is not None
    return profile


def outside_given(profile: JsonObject) -> JsonObject:
    """All of a profile that an edit by `GIVEN` does not write."""
    info = {name: value for name, value in profile["info"].items() if name != "phone"}
    return {
        **{name: value for name, value in profile.items() if name not in ("updated_at", "tags")},
        "info": info,
        "metadatas": without_last_applied(profile, WORKFLOW)["metadatas"],
        "tags": [tag for tag in profile["tags"] if tag["name"] != "greenhouse_tag"],
    }


def puts(sandbox: Sandbox) -> int:
    """How many PUTs arrived, refused ones too."""
    return sandbox.requests["PUT /hrflow/v1/profile/indexing"]


def gets(sandbox: Sandbox) -> int:
    """How many profiles were asked for."""
    return sandbox.requests["GET /hrflow/v1/profile/indexing"]
