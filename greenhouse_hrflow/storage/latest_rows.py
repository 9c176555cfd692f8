"""Which rows of a partition stay: of each candidate the latest one, whoever stored it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from greenhouse_hrflow.storage.tables import together


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
    in_order = together([*frames, new]).sort_values(version, kind="stable")
    return in_order.drop_duplicates(key, keep="last").reset_index(drop=True)
