"""Secrets and personal data stand in the two tables that are there for them, and nowhere else."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support import indiscreet
from greenhouse_hrflow_tests.support.graphql import Ui, open_ui
from greenhouse_hrflow_tests.support.stage import CANDIDATES, PROFILES, Stage, days_ago, key
from greenhouse_hrflow_tests.support.stored_bytes import stored_texts

SECRETS = ("CLIENT_ID", "CLIENT_SECRET", "API_KEY", "API_SECRET", "API_USER")
TITLES = (
    "fine",
    "refused",
    indiscreet.QUOTED_BY_LOGIC,
    indiscreet.QUOTED_BY_FORMAT,
    indiscreet.NAMES_AS_KEYS,
    indiscreet.NAMES_IN_A_PATH,
)
SUCCESS, PARTIAL, DAMAGED, FAILED, REFUSED_BY_HRFLOW, REFUSED_BY_GREENHOUSE = range(6, 0, -1)
"""How the run over the partition of so many days ago ends."""

RUN_CONFIG: dict[str, Any] = {
    "loggers": {"console": {"config": {"log_level": "DEBUG"}}},
    "ops": {"hrflow_profiles": {"config": {"compare_with_hrflow": True}}},
}


@pytest.fixture
def home(home: Path) -> Path:
    """An instance that keeps what its steps print, as Dagster does by default."""
    text = (home / "dagster.yaml").read_text()
    named = "module: dagster._core.storage.noop_compute_log_manager"
    assert named in text
    kept = text.replace(named, "module: dagster._core.storage.local_compute_log_manager")
    kept = kept.replace(
        "class: NoOpComputeLogManager",
        f"class: LocalComputeLogManager\n  config:\n    base_dir: {home / 'compute_logs'}",
    )
    (home / "dagster.yaml").write_text(kept)
    return home


def person(stage: Stage, days: int, title: str) -> int:
    """A candidate with all that may be shown nowhere."""
    return stage.person(days_ago(days), title=title, **indiscreet.PERSON)


def run(stage: Stage, days: int) -> dg.ExecuteInProcessResult:
    """Run the partition of so many days ago, with all that the log has to say."""
    return stage.job.execute_in_process(
        instance=stage.instance,
        partition_key=key(days),
        run_config=RUN_CONFIG,
        raise_on_error=False,
    )


def run_all(stage: Stage) -> dict[int, bool]:
    """The runs of all days, each ending in its own way; which of them succeeded."""
    for _ in range(2):
        person(stage, SUCCESS, "fine")
    refused = {title: person(stage, PARTIAL, title) for title in TITLES}["refused"]
    for days in (DAMAGED, REFUSED_BY_HRFLOW, REFUSED_BY_GREENHOUSE):
        person(stage, days, "fine")
    for _ in range(10):
        person(stage, FAILED, indiscreet.QUOTED_BY_FORMAT)
    body = f'"reference":"{refused}"'
    stage.sandbox.fail(
        Fault("422", method="PUT", times=None, body_contains=body, message=indiscreet.QUOTE)
    )
    succeeded = {days: run(stage, days).success for days in (SUCCESS, PARTIAL)}
    stage.sandbox.hrflow.loses = {"skills"}
    succeeded[DAMAGED] = run(stage, DAMAGED).success
    stage.sandbox.hrflow.loses = set()
    succeeded[FAILED] = run(stage, FAILED).success
    # HrFlow's refusal of a key quotes it.
    stage.sandbox.fail(Fault("401", path="/hrflow/"))
    succeeded[REFUSED_BY_HRFLOW] = run(stage, REFUSED_BY_HRFLOW).success
    stage.sandbox.fail(Fault("403", path="/v3/candidates", message=indiscreet.QUOTE))
    succeeded[REFUSED_BY_GREENHOUSE] = run(stage, REFUSED_BY_GREENHOUSE).success
    return succeeded


def planted_in(shown: Iterable[tuple[str, str]], planted: Iterable[str]) -> set[str]:
    """Where something planted is shown, and a little of what stands around it."""
    words = [word.casefold() for word in planted]
    found: set[str] = set()
    for place, text in shown:
        folded = text.casefold()
        for word in words:
            if (at := folded.find(word)) >= 0:
                found.add(f"{place}: …{text[max(0, at - 200) : at + 100]}…")
    return found


def shown_by(ui: Ui) -> Iterator[tuple[str, str]]:
    """All that the UI can show: runs, events, assets, checks, resources, jobs, sensors."""
    events = f"eventConnection {{ events {ui.everything_of('DagsterRunEvent', 3)} }}"
    for name, selection in (("runs", ui.everything_of("Run", 2)), ("events", f"{{ {events} }}")):
        query = f"{{ runsOrError {{ ... on Runs {{ results {selection} }} }} }}"
        yield name, json.dumps(ui.ask(query), ensure_ascii=False)
    yield "assets", json.dumps(ui.ask(f"{{ assetNodes {ui.everything_of('AssetNode', 2)} }}"))
    for asset in (CANDIDATES, PROFILES):
        yield f"history of {asset.to_user_string()}", json.dumps(_history_of(ui, asset))
    nodes = f"nodes {ui.everything_of('Repository', 3)}"
    query = f"{{ repositoriesOrError {{ ... on RepositoryConnection {{ {nodes} }} }} }}"
    yield "definitions", json.dumps(ui.ask(query))


def _history_of(ui: Ui, asset: dg.AssetKey) -> dict[str, Any]:
    materialized = ui.everything_of("MaterializationEvent", 3)
    checked = ui.everything_of("AssetCheckExecution", 3)
    names = ["no_candidate_is_rejected", "profiles_are_found"] if asset == PROFILES else []
    checks = " ".join(
        f'{name}: assetCheckExecutions(assetKey: $key, checkName: "{name}", limit: 100) {checked}'
        for name in names
    )
    query = (
        "query($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset "
        f"{{ assetMaterializations(limit: 100) {materialized} }} }} {checks} }}"
    )
    return ui.ask(query, key={"path": list(asset.path)})


def test_nothing_that_was_planted_is_shown(
    make_stage: MakeStage, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    stage = make_stage(workflow=indiscreet.WORKFLOW)
    accounts = stage.sandbox.environment()
    secrets = [value for name, value in accounts.items() if name.endswith(SECRETS)]
    assert len(secrets) == len(SECRETS)
    planted = [*secrets, *indiscreet.PERSONAL]

    with caplog.at_level(logging.DEBUG):
        succeeded = run_all(stage)
        tick = repr(stage.tick())

    assert {days for days, success in succeeded.items() if success} == {SUCCESS, PARTIAL}
    with open_ui(stage.instance, indiscreet.__name__) as ui:
        shown = list(shown_by(ui))
    stored = list(stored_texts(stage.home))
    # urllib3 logs the address of each request, for whoever asks for its debugging.
    logged = [("log", record.getMessage()) for record in caplog.records if not _is_urllib3(record)]
    printed = [*logged, ("output", "".join(capfd.readouterr())), ("tick", tick)]
    assert planted_in([*stored, *shown, *printed], planted) == set()
    assert_all_was_looked_at(stage, stored, shown)


def _is_urllib3(record: logging.LogRecord) -> bool:
    return record.name.startswith("urllib3") and record.levelno == logging.DEBUG


def assert_all_was_looked_at(
    stage: Stage, stored: Sequence[tuple[str, str]], shown: Sequence[tuple[str, str]]
) -> None:
    """That what was planted came as far as the tables, and that the search reads the rest."""
    details = " ".join(stage.table(PROFILES, key(PARTIAL))["detail"].dropna())
    assert details.count(indiscreet.QUOTE) == 3
    outcomes = sorted(stage.outcomes(key(PARTIAL)).values())
    assert outcomes == ["rejected"] * 4 + ["updated"] * 2
    by_place = dict(shown)
    for what in ("logic_0_raised:ValueError", "hrflow_refused_422", "(unknown name)"):
        assert what in by_place["events"]
        assert any("storage" not in place and what in text for place, text in stored)
    assert "logic_0_raised:ValueError" in by_place["history of hrflow_profiles"]
    assert "compare_with_hrflow" in by_place["runs"]
    assert "HRFLOW_API_SECRET" in by_place["definitions"]
    places = {place for place, _ in stored}
    assert any(place.endswith(".err") for place in places)
    assert any(place.endswith(": snapshots") for place in places)
    assert any(place.endswith(".parquet") for place in places)
