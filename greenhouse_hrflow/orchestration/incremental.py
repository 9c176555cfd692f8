"""What an incremental run adds to a full one: it keeps what the tables held, and pushes only its
own window. Whom a run pushes beside that is decided in `retries`.

Other runs may work on the same partitions at the same time: no run puts an older read in the place
of a later one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import cast

import dagster as dg
import pandas as pd

from greenhouse_hrflow import clock
from greenhouse_hrflow.orchestration.io_manager import NoTable
from greenhouse_hrflow.orchestration.keys import PARTITION_COLUMN, Keys
from greenhouse_hrflow.orchestration.partitions import RunPartitions
from greenhouse_hrflow.storage.split_rows import SplitRows

_EVENTS_AT_ONCE = 500


def stored_frames(
    context: dg.AssetExecutionContext,
    asset_key: dg.AssetKey,
    keys: Iterable[str],
    among: Collection[str] | None = None,
) -> dict[str, pd.DataFrame]:
    """What the tables of the step's own asset hold; without partitions that were never written.

    Args:
        keys: partitions that follow each other.
        among: those of them that are asked for; all, where it is None.
    """
    materialized = context.instance.get_materialized_partitions(asset_key)
    wanted = materialized if among is None else materialized.intersection(among)
    frames: dict[str, pd.DataFrame] = {}
    # Dagster takes a fifth of a second for each call, however little there is to load.
    for is_stored, adjacent in groupby(keys, key=wanted.__contains__):
        if is_stored:
            frames |= _load_range(context, asset_key, [*adjacent])
    return frames


def stored_since(
    context: dg.AssetExecutionContext,
    asset_key: dg.AssetKey,
    covered: RunPartitions,
    moment: datetime,
) -> dict[str, pd.DataFrame]:
    """The same, of those partitions of the run that were stored since a moment by our clock.

    The instance is asked for the moment alone, and page by page: a question that names every
    partition of a long run is more than it answers.
    """
    # The machine that stored them has a clock of its own. To look at a table in vain costs nothing;
    # to overlook one loses its rows.
    after = (moment - clock.CLOCKS_APART).timestamp()
    events = dg.AssetRecordsFilter(asset_key, after_timestamp=after)
    keys: set[str] = set()
    cursor: str | None = None
    while True:
        found = context.instance.fetch_materializations(
            events, limit=_EVENTS_AT_ONCE, cursor=cursor
        )
        keys.update(record.partition_key for record in found.records if record.partition_key)
        if not found.has_more:
            return stored_frames(context, asset_key, covered.keys, keys)
        cursor = found.cursor


def read_since(frames: Mapping[str, pd.DataFrame], moment: datetime) -> dict[str, pd.DataFrame]:
    """The rows that were read at a moment or later, by Greenhouse's clock."""
    return {key: frame[frame["read_at"] >= moment] for key, frame in frames.items()}


def of_window(
    context: dg.AssetExecutionContext, keys: Keys, frame: pd.DataFrame, covered: RunPartitions
) -> pd.DataFrame:
    """What an incremental run pushes of its partitions: all where it did not pull, as a
    re-execution from failure; else what it read, and the whole of a partition that no push has
    ever done: with a part of it alone it would turn green."""
    if pushes_without_pulling(context, keys.candidates):
        return frame
    done = context.instance.get_materialized_partitions(keys.profiles)
    is_ours = frame["run_id"] == context.run.run_id
    # Another run may have read them again since; whether it delivers them is not for us to know.
    after = covered.window.updated_after or covered.starts[0]
    # As objects: pandas 2.2 cannot look for the strings of an Arrow column among none.
    is_done = frame[PARTITION_COLUMN].astype(object).isin(done)
    return frame[is_ours | (frame["changed_at"] >= after) | ~is_done]


def pushes_without_pulling(context: dg.AssetExecutionContext, candidates_key: dg.AssetKey) -> bool:
    """Whether this run pushes without having pulled, as a re-execution from failure does."""
    run = context.run
    steps = run.step_keys_to_execute
    if steps is not None and candidates_key.to_python_identifier() not in steps:
        return True
    # A run of the whole job may carry no selection, or an empty one.
    return bool(run.asset_selection) and candidates_key not in run.asset_selection


def load_partition(
    context: dg.AssetExecutionContext, asset_key: dg.AssetKey, partition_key: str
) -> pd.DataFrame | None:
    """One stored partition of the step's own asset; None where it has no table."""
    try:
        frame = context.load_asset_value(
            asset_key, python_type=pd.DataFrame, partition_key=partition_key
        )
    except NoTable:
        return None
    return placed(frame, partition_key)


def _load_range(
    context: dg.AssetExecutionContext, asset_key: dg.AssetKey, keys: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Partitions that follow each other, in one call; one by one where a table is missing."""
    if len(keys) > 1:
        loader = dg.AssetValueLoader({asset_key: context.assets_def}, context.instance)
        try:
            loaded = loader.load_asset_value(
                asset_key,
                python_type=pd.DataFrame,
                partition_key_range=dg.PartitionKeyRange(keys[0], keys[-1]),
            )
        except NoTable:
            pass
        else:
            split = SplitRows(cast("pd.DataFrame", loaded), PARTITION_COLUMN)
            frames = {key: placed(split.rows(key), key) for key in keys}
            return {key: frame for key, frame in frames.items() if frame is not None}
    frames = {key: load_partition(context, asset_key, key) for key in keys}
    return {key: frame for key, frame in frames.items() if frame is not None}


def placed(frame: pd.DataFrame | None, partition_key: str) -> pd.DataFrame | None:
    """A stored frame with the column of its partition, and no read from beyond our clock."""
    if frame is None:
        return None
    # A read that was dated wrongly must not stand before every later one; see `read_version`.
    ahead = frame["read_at"] > clock.latest_believed()
    certain = frame["changed_at"].dt.floor("s")
    bounded = frame.assign(read_at=frame["read_at"].mask(ahead, certain))
    if PARTITION_COLUMN in bounded.columns:
        return bounded
    return bounded.assign(**{PARTITION_COLUMN: partition_key})
