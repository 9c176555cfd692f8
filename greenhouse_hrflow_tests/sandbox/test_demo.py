"""What the demo concludes and shows; that it runs is tested with the README."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox.trial import demo
from greenhouse_hrflow.sandbox.trial.demo_profile import compare
from greenhouse_hrflow.sandbox.trial.demo_view import (
    MEANINGS,
    Pass,
    Requests,
    outcome_table,
    profile_table,
)

STORED = {
    "key": "k",
    "info": {
        "first_name": "Ada",
        "phone": "1",
        "gender": "female",
        "location": {"text": "Here", "lat": 1.5, "lng": 2.5, "fields": {"city": "here"}},
    },
    "experiences": [{"key": "e", "company": "One", "title": "Nurse", "description": "Led"}],
    "skills": [{"name": "sql", "value": None}, {"name": "python", "value": "4/5"}],
    "tags": [{"name": "pool", "value": "spring"}],
    "updated_at": "2025-01-01T00:00:00+0000",
}
EDITED = STORED | {
    "info": {
        "first_name": "Ada",
        "phone": "2",
        "gender": "female",
        "location": {"text": "There", "lat": None, "lng": None, "fields": None},
    },
    "tags": [{"name": "pool", "value": "spring"}, {"name": "greenhouse_tag", "value": "new"}],
    "metadatas": [{"name": "greenhouse_hrflow:w", "value": "{…}"}],
    "updated_at": "2025-02-01T00:00:00+0000",
}
GIVEN = {
    "info": {"first_name": "Ada", "phone": "2", "location": {"text": "There"}},
    "experiences": [{"company": "One", "title": "Nurse"}],
    "tags": [{"name": "greenhouse_tag", "value": "new"}],
}


def shown(table: Table) -> str:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_a_profile_is_told_field_by_field() -> None:
    rows = [
        (row.section, row.name, row.before, row.after, row.verdict)
        for row in compare(STORED, EDITED, GIVEN)
    ]

    assert rows == [
        ("info", "first_name", "Ada", "Ada", "same"),
        ("info", "phone", "1", "2", "changed"),
        ("info", "gender", "female", "female", "kept"),
        ("info", "location.text", "Here", "There", "changed"),
        ("info", "location.lat/lng", "1.5, 2.5", "", "removed"),
        ("info", "location.fields", "city: here", "", "removed"),
        ("experience 1", "company", "One", "One", "same"),
        ("experience 1", "title", "Nurse", "Nurse", "same"),
        ("experience 1", "description", "Led", "Led", "kept"),
        ("skills", "", "sql, python: 4/5", "sql, python: 4/5", "kept"),
        ("tags", "", "pool: spring", "pool: spring", "kept"),
        ("tags", "", "", "greenhouse_tag: new", "new"),
        ("metadatas", "", "", "last-applied: hashes of what was written", "new"),
    ]


def test_the_profile_table_names_a_section_once() -> None:
    table = shown(profile_table(compare(STORED, EDITED, GIVEN)))

    assert table.count("info") == 1
    assert re.search(r"phone +1 +2 +changed", table)
    assert re.search(r"tags +pool: spring +pool: spring +kept *\n +greenhouse_tag: new +new", table)


def test_every_outcome_of_a_run_that_writes_has_a_row() -> None:
    assert set(MEANINGS) == {str(outcome) for outcome in Outcome} - {"would_update"}

    one = Pass(Counter(updated=3, missing=1), Requests(5, 4, 3), 1.25)
    table = shown(outcome_table([one]))

    for outcome in MEANINGS:
        assert re.search(rf"^    {outcome} +{one.outcomes[outcome]} ", table, re.MULTILINE)
    assert re.search(r"candidates pulled +4 ", table)
    assert re.search(r"requests to HrFlow: editing +3 ", table)
    assert re.search(r"seconds +1\.2 ", table)


def test_requests_are_told_apart_by_api_and_purpose() -> None:
    counts = Counter(
        {
            "POST /token": 1,
            "GET /v3/candidates": 4,
            "GET /hrflow/v1/profile/indexing": 3,
            "PUT /hrflow/v1/profile/indexing": 2,
        }
    )

    assert Requests.counted(counts) == Requests(greenhouse=5, hrflow_reads=3, hrflow_edits=2)


@pytest.mark.parametrize(
    ("second", "code", "message"),
    [
        (
            Pass(Counter(unchanged=7)),
            0,
            "Nothing is left to update: 7 profiles are unchanged, 0 edited.",
        ),
        (Pass(Counter(updated=2), Requests(hrflow_edits=2)), 1, "edited 2 profiles where nothing"),
    ],
)
def test_the_second_pass_is_judged(second: Pass, code: int, message: str) -> None:
    console = Console(width=200)

    with console.capture() as capture:
        assert demo.show_verdict(console, second) == code

    assert message in capture.get()


def test_ctrl_c_ends_it_and_leaves_nothing(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-m", "greenhouse_hrflow.sandbox.trial.demo"],
        env={
            **os.environ,
            "PYTHONPATH": str(root),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(tmp_path),
        },
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = next(text for text in process.stdout if "✓" in text)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()

    assert "updated" in line
    assert process.returncode == 130
    assert rest.endswith("Stopped; nothing is left running.\n")
    assert list(tmp_path.iterdir()) == []
