"""The files: Parquet tables in a folder or an object store, and what each of them holds."""

from __future__ import annotations
