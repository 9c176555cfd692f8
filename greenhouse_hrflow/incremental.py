"""What an incremental run adds to a full one: it keeps what the tables held, pushes only its own
window, and tries again what earlier runs could not bring to HrFlow.

Other runs may work on the same partitions meanwhile: no run lays an older read over a later one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import dagster as dg
import pandas as pd

from greenhouse_hrflow import clock
from greenhouse_hrflow.io_manager import PARTITION_KEY, NoTable
from greenhouse_hrflow.ledger import Ledger
from greenhouse_hrflow.partitions import RunPartitions
from greenhouse_hrflow.tables import together

TRIED_AGAIN_AT_MOST = 500
_EVENTS_AT_ONCE = 500


def stored_frames(
    context: dg.AssetExecutionContext, asset_key: dg.AssetKey, keys: Iterable[str]
) -> dict[str, pd.DataFrame]:
    """What the tables of an asset hold for these partitions; without those never written."""
    materialized = context.instance.get_materialized_partitions(asset_key)
    frames: dict[str, pd.DataFrame] = {}
    for key in keys:
        if key in materialized:
            frame = _load(context, asset_key, key)
            if frame is not None:
                frames[key] = frame
    return frames


def stored_meanwhile(
    context: dg.AssetExecutionContext,
    asset_key: dg.AssetKey,
    covered: RunPartitions,
    since: datetime,
) -> dict[str, pd.DataFrame]:
    """The same, of those partitions of the run that were stored since a moment by our clock.

    The instance is asked for the moment alone, and page by page: a question that names every
    partition of a long run is more than it answers.
    """
    stored_since = dg.AssetRecordsFilter(
        asset_key, after_timestamp=(since - clock.CLOCKS_APART).timestamp()
    )
    keys: set[str] = set()
    cursor: str | None = None
    while True:
        found = context.instance.fetch_materializations(
            stored_since, limit=_EVENTS_AT_ONCE, cursor=cursor
        )
        keys.update(record.partition_key for record in found.records if record.partition_key)
        if not found.has_more:
            return stored_frames(context, asset_key, keys.intersection(covered.keys))
        cursor = found.cursor


def read_since(frames: Mapping[str, pd.DataFrame], moment: datetime) -> dict[str, pd.DataFrame]:
    """The rows that were read at a moment or later, by Greenhouse's clock."""
    return {key: frame[frame["read_at"] >= moment] for key, frame in frames.items()}


def merged(stored: Mapping[str, pd.DataFrame], new: pd.DataFrame, *version: str) -> pd.DataFrame:
    """The stored rows and the new ones, each candidate once a partition, at its latest version.

    Args:
        version: the columns that order the rows of one candidate.
    """
    if not stored:
        return new
    identifier = "id" if "id" in new.columns else "candidate_id"
    in_order = together([*stored.values(), new]).sort_values(list(version), kind="stable")
    return in_order.drop_duplicates([PARTITION_KEY, identifier], keep="last").reset_index(drop=True)


def of_window(
    context: dg.AssetExecutionContext,
    candidates_key: dg.AssetKey,
    profiles_key: dg.AssetKey,
    frame: pd.DataFrame,
    covered: RunPartitions,
) -> pd.DataFrame:
    """What an incremental run pushes of its partitions: all where it did not pull, as a
    re-execution from failure; else what it read, and the whole of a partition that no push has
    ever done: with a part of it alone it would turn green."""
    if pushes_without_pulling(context, candidates_key):
        return frame
    done = context.instance.get_materialized_partitions(profiles_key)
    is_ours = frame["run_id"] == context.run.run_id
    # Another run may have read them again since; whether it delivers them is not for us to know.
    after = covered.window.updated_after or covered.starts[0]
    # As objects: pandas 2.2 cannot look for the strings of an Arrow column among none.
    is_done = frame[PARTITION_KEY].astype(object).isin(done)
    return frame[is_ours | (frame["changed_at"] >= after) | ~is_done]


def with_retries(
    context: dg.AssetExecutionContext,
    candidates_key: dg.AssetKey,
    definition: dg.TimeWindowPartitionsDefinition,
    ledger: Ledger,
    read_stored: Callable[[str], pd.DataFrame | None],
    frame: pd.DataFrame,
) -> pd.DataFrame:
    """The frame, and the stored candidates, as they were read, whose push is to be tried again.

    Those that `frame` holds are not repeated.

    Args:
        read_stored: reads a partition past the IO manager, which refuses one that the definition
            does not know: its start date or its grain was another one when it was stored.
    """
    wanted: dict[str, dict[int, str]] = {}
    present = set(frame["id"])
    for entry in ledger.to_try_again(clock.utc_now(), TRIED_AGAIN_AT_MOST):
        if entry.candidate_id not in present:
            wanted.setdefault(entry.table_partition, {})[entry.candidate_id] = entry.reference
    frames = [frame]
    for key, references in wanted.items():
        if definition.has_partition_key(key):
            stored = _load(context, candidates_key, key)
        else:
            stored = _placed(read_stored(key), key)
        found = set[int]() if stored is None else references.keys() & set(stored["id"])
        if stored is not None and found:
            frames.append(stored[stored["id"].isin(found)])
        lost = [reference for id, reference in references.items() if id not in found]
        if lost:
            ledger.put_off(lost)
            context.log.warning(
                "%d candidates are to be tried again, but the storage does not hold them in "
                "partition %s any more; they are read again with their next change, or by a "
                "backfill",
                len(lost),
                key,
            )
    count = sum(len(more) for more in frames[1:])
    if count:
        context.log.info("Trying again %d candidates that earlier runs could not bring", count)
    return together(frames)


def pushes_without_pulling(context: dg.AssetExecutionContext, candidates_key: dg.AssetKey) -> bool:
    """Whether this run pushes without having pulled, as a re-execution from failure does."""
    run = context.run
    steps = run.step_keys_to_execute
    if steps is not None and candidates_key.to_python_identifier() not in steps:
        return True
    # A run of the whole job may carry no selection, or an empty one.
    return bool(run.asset_selection) and candidates_key not in run.asset_selection


def _load(
    context: dg.AssetExecutionContext, asset_key: dg.AssetKey, partition_key: str
) -> pd.DataFrame | None:
    try:
        frame = context.load_asset_value(
            asset_key, python_type=pd.DataFrame, partition_key=partition_key
        )
    except NoTable:
        return None
    return _placed(frame, partition_key)


def _placed(frame: pd.DataFrame | None, partition_key: str) -> pd.DataFrame | None:
    """A stored frame with the column of its partition, and no read from beyond our clock."""
    if frame is None:
        return None
    # A read that was dated wrongly must not stand before every later one.
    ahead = frame["read_at"] > clock.latest_believed()
    bounded = frame.assign(read_at=frame["read_at"].mask(ahead, frame["changed_at"]))
    if PARTITION_KEY in bounded.columns:
        return bounded
    return bounded.assign(**{PARTITION_KEY: partition_key})
