"""The IO manager: what comes back, and what is said where nothing can."""

from __future__ import annotations

import dagster as dg
import pandas as pd
import pytest

from greenhouse_hrflow.orchestration.io_manager import ParquetTables
from greenhouse_hrflow.orchestration.keys import PARTITION_COLUMN
from greenhouse_hrflow.orchestration.partitions import build_partitions
from greenhouse_hrflow_tests.support.dagster_results import events_of, failures
from greenhouse_hrflow_tests.support.stage import CANDIDATES, PROFILES, Stage, days_ago, key


def test_a_partition_without_a_table_is_said_in_one_sentence_and_not_tried_again(
    stage: Stage,
) -> None:
    result = stage.run(key(1), only=PROFILES)

    [message] = failures(result)
    assert f"greenhouse_candidates has no table for partition {key(1)}" in message
    assert "GREENHOUSE_HRFLOW_STORAGE" in message
    assert events_of(result, dg.DagsterEventType.STEP_UP_FOR_RETRY) == []


def test_any_number_of_partitions_come_back_as_one_frame(stage: Stage) -> None:
    early, late = stage.person(days_ago(2)), stage.person(days_ago(1))
    stage.run(key(3), key(1))

    with dg.build_input_context(
        asset_key=CANDIDATES,
        asset_partition_key_range=dg.PartitionKeyRange(key(3), key(1)),
        asset_partitions_def=build_partitions("daily", "2024-01-01"),
        instance=stage.instance,
    ) as context:
        frame = ParquetTables().load_input(context)

    assert dict(zip(frame["id"], frame[PARTITION_COLUMN], strict=True)) == {
        early: key(2),
        late: key(1),
    }


def test_rows_of_another_partition_are_stored_nowhere(stage: Stage) -> None:
    @dg.asset(partitions_def=build_partitions("daily", "2024-01-01"), io_manager_key="tables")
    def astray() -> pd.DataFrame:
        return pd.DataFrame({PARTITION_COLUMN: [key(2)], "id": [1]})

    with pytest.raises(dg.Failure, match=f"partition {key(2)} .* nothing was stored"):
        dg.materialize(
            [astray],
            partition_key=key(1),
            instance=stage.instance,
            resources={"tables": ParquetTables()},
        )

    assert stage.store.read(("astray",), key(1)) is None
