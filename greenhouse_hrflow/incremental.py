"""What an incremental run adds to a full one: it keeps what the tables held, pushes only what it
read, and takes along what earlier runs could not bring to HrFlow.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

import dagster as dg
import pandas as pd

from greenhouse_hrflow.io_manager import PARTITION_KEY, NoTable
from greenhouse_hrflow.ledger import Ledger
from greenhouse_hrflow.partitions import RunPartitions

TAKEN_ALONG_AT_MOST = 500


def stored_frames(
    context: dg.AssetExecutionContext, asset_key: dg.AssetKey, covered: RunPartitions
) -> dict[str, pd.DataFrame]:
    """What the tables of an asset hold for the run's partitions; without those never written."""
    materialized = context.instance.get_materialized_partitions(asset_key)
    frames: dict[str, pd.DataFrame] = {}
    for key in covered.keys:
        if key in materialized:
            frame = _load(context, asset_key, key)
            if frame is not None:
                frames[key] = frame
    return frames


def merged(stored: Mapping[str, pd.DataFrame], read: pd.DataFrame, version: str) -> pd.DataFrame:
    """The stored rows and the new ones, each candidate once a partition, at its latest version."""
    identifier = "id" if "id" in read.columns else "candidate_id"
    together = pd.concat([*stored.values(), read], ignore_index=True)
    in_order = together.sort_values(version, kind="stable")
    return in_order.drop_duplicates([PARTITION_KEY, identifier], keep="last").reset_index(drop=True)


def take_along(
    context: dg.AssetExecutionContext,
    candidates_key: dg.AssetKey,
    ledger: Ledger,
    frame: pd.DataFrame,
    days: int,
) -> pd.DataFrame:
    """The stored candidates, as they were read, whose last push ended as failed or missing.

    Those that `frame` holds are not repeated. What was read `days` ago or earlier is given up.
    """
    since = datetime.now(timezone.utc) - timedelta(days=days)
    wanted: dict[str, set[int]] = {}
    present = set(frame["id"])
    for entry in ledger.unsettled(since, TAKEN_ALONG_AT_MOST):
        if entry.candidate_id not in present:
            wanted.setdefault(entry.table_partition, set()).add(entry.candidate_id)
    frames = [frame]
    for key, ids in wanted.items():
        stored = _load(context, candidates_key, key)
        if stored is not None:
            frames.append(stored[stored["id"].isin(ids)])
    count = sum(len(more) for more in frames[1:])
    if count:
        context.log.info("Taking along %d candidates that earlier runs could not bring", count)
    return pd.concat(frames, ignore_index=True)


def pushes_without_pulling(context: dg.AssetExecutionContext, candidates_key: dg.AssetKey) -> bool:
    """Whether this run pushes without having pulled, as a re-execution from failure does."""
    run = context.run
    steps = run.step_keys_to_execute
    if steps is not None and candidates_key.to_python_identifier() not in steps:
        return True
    return run.asset_selection is not None and candidates_key not in run.asset_selection


def _load(
    context: dg.AssetExecutionContext, asset_key: dg.AssetKey, partition_key: str
) -> pd.DataFrame | None:
    try:
        frame = context.load_asset_value(
            asset_key, python_type=pd.DataFrame, partition_key=partition_key
        )
    except NoTable:
        return None
    return frame if PARTITION_KEY in frame else frame.assign(**{PARTITION_KEY: partition_key})
