"""Which rows of a partition stay: of each candidate the latest one, whoever stored it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import pyarrow as pa

from greenhouse_hrflow.storage.tables import to_arrow, to_frame, together


def latest_rows(
    stored: Iterable[pd.DataFrame], new: pd.DataFrame, key: list[str], version: list[str]
) -> pd.DataFrame:
    """The stored rows and the new ones, each key once, at its latest version.

    Args:
        key: the columns that say which rows are of one thing.
        version: the columns that order such rows. Of two equal ones the new row stays: it comes
            last, and the sort keeps that order.
    """
    frames = [*stored]
    if not frames:
        return new
    rows = together([*frames, new])
    # Only what decides is sorted: a whole candidate weighs a hundred times as much.
    in_order = rows[[*key, *version]].sort_values(version, kind="stable")
    is_latest = ~in_order.duplicated(key, keep="last").sort_index()
    if is_latest.all():
        return rows
    return to_frame(to_arrow(rows).filter(pa.array(is_latest)))
