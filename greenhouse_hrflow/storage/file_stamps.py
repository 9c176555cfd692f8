"""By what it is known that a file was replaced, and when it was written; each storage tells it in
its own way.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from fsspec import AbstractFileSystem


def stamps_on_disk(folder: str) -> dict[str, str]:
    """Every file below a folder, with what changes whenever it is replaced."""
    found: dict[str, str] = {}
    for directory, _, names in os.walk(folder):
        for name in names:
            path = f"{directory}/{name}"
            # One that is being written may be gone by now.
            with suppress(FileNotFoundError):
                known = Path(path).stat()
                found[path] = f"{known.st_size} {known.st_mtime_ns} {known.st_ino}"
    return found


def stamps_elsewhere(system: AbstractFileSystem, folder: str) -> dict[str, str]:
    """The same by one listing of another storage; an empty text where it does not tell."""
    # What another machine wrote since is not in a listing that this process remembers.
    system.invalidate_cache()
    found: dict[str, Any] = dict(system.find(folder, detail=True))
    return {path: _stamp(info) for path, info in found.items()}


def written_at(info: Mapping[str, Any]) -> float | None:
    """When a file was written; each file system of fsspec names it in its own way."""
    for name in ("mtime", "LastModified", "last_modified", "updated", "modified"):
        value = info.get(name)
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, (int, float)):
            return value
    return None


def _stamp(info: Mapping[str, Any]) -> str:
    # Not the time of writing: a store that tells whole seconds may replace a file within one.
    for name in ("ETag", "etag", "md5Hash", "content_md5", "created"):
        if info.get(name):
            return f"{info.get('size')} {info[name]}"
    return ""
