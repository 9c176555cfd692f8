"""Steps in one process, and each in a process of its own: the same comes out."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.storage.table_names import PROFILES
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow_tests.deployment.estate import JOB, MODULE, host
from greenhouse_hrflow_tests.support.s3 import S3

EACH_STEP_A_PROCESS = "greenhouse_hrflow_tests.deployment.each_step_a_process"

# How a profile is said to be the same: without when it was written, and by which keys.
_OF_THE_WRITING = ("updated_at", "metadatas")


def test_both_executors_of_dagster_do_the_same(tmp_path: Path, database: str, bucket: S3) -> None:
    began = datetime.now(timezone.utc)
    day = f"{began:%Y-%m-%d}"
    found: list[tuple[dict[int, str], list[dict[str, Any]]]] = []
    for module in (MODULE, EACH_STEP_A_PROCESS):
        with Sandbox(people=60, started_on=began) as sandbox:
            url = f"{bucket.url}/{module}"
            one = host(tmp_path / module, database, bucket, sandbox, GREENHOUSE_HRFLOW_STORAGE=url)
            tags = f'{{"dagster/partition": "{day}"}}'
            one.do("dagster", "job", "execute", "-m", module, "-j", JOB, "--tags", tags)
            report = TableStore(url).read((PROFILES,), day)
            assert report is not None
            outcomes = dict(zip(report["candidate_id"], report["outcome"], strict=True))
            found.append((outcomes, [_lasting(profile) for profile in sandbox.hrflow.profiles()]))
    in_one, in_many = found
    assert in_one == in_many
    assert "updated" in in_one[0].values()


def _lasting(profile: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in profile.items() if name not in _OF_THE_WRITING}
    for entry in (*kept["experiences"], *kept["educations"]):
        entry.pop("key", None)
    return kept
