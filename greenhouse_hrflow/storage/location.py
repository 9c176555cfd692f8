"""Where the tables lie: a folder or an fsspec URL, and what is looked at before anything is read.

Here is the place itself; what lies in it is in `tables`.
"""

from __future__ import annotations

import os
import re
import tempfile
import warnings
from pathlib import Path

import fsspec
from fsspec.registry import known_implementations
from upath import UPath

from greenhouse_hrflow.environment import given, variable
from greenhouse_hrflow.errors import ConfigurationError

STORAGE = "GREENHOUSE_HRFLOW_STORAGE"
SHARED = "GREENHOUSE_HRFLOW_STORAGE_SHARED"

_SETTING = f"{STORAGE} (or the url given to Storage)"

_YES, _NO = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})

_EXTRAS = {
    "s3": "s3", "s3a": "s3",
    "gs": "gcs", "gcs": "gcs",
    "abfs": "azure", "abfss": "azure", "az": "azure",
}  # fmt: skip
"""Our extra that installs what a kind of storage needs."""

LOCAL = frozenset({"", "file", "local"})
FOLDERS = frozenset(
    {"memory", "sftp", "ssh", "ftp", "smb", "hdfs", "arrow_hdfs", "webhdfs", "webdav", "dbfs",
     "dropbox", "gdrive", "box"}
)  # fmt: skip
"""Storages on other machines that have real folders, or need none. Any other is taken for an
object store, whose first name is a bucket: there, to make a folder is to make a bucket."""

_LOCAL_URL = re.compile(r"(?:file|local):(?://)?(.*)", re.DOTALL)
_OTHER_URL = re.compile(r"([\w.+-]+)(://|::)(.*)", re.DOTALL)


def default_storage() -> str | None:
    """The storage that the environment names; None where it names none.

    Raises:
        ConfigurationError: DAGSTER_HOME is a relative path.
    """
    if storage := variable(STORAGE):
        return storage
    home = variable("DAGSTER_HOME")
    return str(_absolute(home, "DAGSTER_HOME") / "greenhouse_hrflow") if home else None


def is_said_to_be_shared() -> bool:
    """Whether the environment says that every machine mounts the folder of the storage.

    Raises:
        ConfigurationError: it says neither yes nor no.
    """
    said = (variable(SHARED) or "0").lower()
    if said not in _YES | _NO:
        raise ConfigurationError(
            f"{SHARED} must be 1 where every machine mounts the folder of the storage, else 0."
        )
    return said in _YES


def locate(place: str | os.PathLike[str] | UPath) -> UPath:
    """The place that a text means, without looking whether it is there.

    Raises:
        ConfigurationError: it is a relative path, or a kind of storage that is unknown or not
            installed.
    """
    if isinstance(place, UPath) and place.protocol not in LOCAL:
        return place
    text = given(place) or ""
    if local := _LOCAL_URL.fullmatch(text):
        return UPath(_absolute(local[1], _SETTING))
    other = _OTHER_URL.fullmatch(text)
    if other is None:
        return UPath(_absolute(text, _SETTING))
    scheme, joint, path = other.groups()
    _require_installed(scheme)
    if joint == "::":
        # A cache before another storage, such as simplecache::s3://bucket/path.
        locate(path)
    elif scheme not in FOLDERS and not path.strip("/"):
        raise ConfigurationError(f"{_SETTING} names no bucket: it must look like s3://bucket/path")
    with warnings.catch_warnings():
        # A file system that somebody registered himself is as good as those that UPath knows.
        warnings.simplefilter("ignore", UserWarning)
        return UPath(text)


def require_usable(base: UPath) -> None:
    """Look whether tables can be kept there; nothing is made.

    Raises:
        ConfigurationError: a folder that is none or cannot be written, a bucket that is not there
            or not shown to these credentials.
    """
    if base.protocol in LOCAL:
        _require_folder(Path(base.path))
    else:
        _require_remote(base)


def _absolute(path: str, setting: str) -> Path:
    try:
        expanded = Path(path).expanduser()
    except RuntimeError:
        # ~somebody, whom this machine does not know.
        expanded = Path(path)
    if not expanded.is_absolute():
        raise ConfigurationError(
            f"{setting} must be an absolute path, or one that begins with ~/"
            + (", or a URL such as s3://bucket/path" if setting == _SETTING else "")
            + ": a relative one is another folder in each working folder."
        )
    return expanded


def _require_installed(scheme: str) -> None:
    try:
        fsspec.get_filesystem_class(scheme)
    except ImportError:
        raise ConfigurationError(
            f"{_SETTING} begins with {scheme}:, for which a package is missing. Install it "
            f"wherever runs and the code location start: {_remedy(scheme)}"
        ) from None
    except ValueError:
        raise ConfigurationError(
            f"{_SETTING} begins with {scheme}:, which is no kind of storage that fsspec knows."
        ) from None


def _remedy(scheme: str) -> str:
    """How to install what a kind of storage needs."""
    if extra := _EXTRAS.get(scheme):
        return f'pip install "greenhouse-hrflow[{extra}]"'
    told = known_implementations.get(scheme, {}).get("err")
    return f"{told.rstrip('.')}." if told else "fsspec does not say which one it is."


def _require_folder(folder: Path) -> None:
    try:
        nearest = next(path for path in (folder, *folder.parents) if path.exists())
        if not nearest.is_dir():
            raise NotADirectoryError
        # Permissions do not tell of a read-only mount; a file without a name leaves no trace.
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"The storage {folder} is no folder that can be written ({type(error).__name__}). "
            f"Check {_SETTING}, and whom this process runs as."
        ) from None


def _require_remote(base: UPath) -> None:
    # What another machine did to it since is not in a listing that this process remembers.
    base.fs.invalidate_cache()
    try:
        base.fs.ls(base.path)
    except FileNotFoundError:
        if base.protocol not in FOLDERS:
            _require_bucket(base)
    except PermissionError:
        raise ConfigurationError(
            f"The credentials of the storage may not list {base}: allow them to list, read and "
            f"write below it, or check {_SETTING}."
        ) from None


def _require_bucket(base: UPath) -> None:
    bucket = base.path.strip("/").partition("/")[0]
    try:
        base.fs.ls(bucket)
    except FileNotFoundError:
        raise ConfigurationError(
            f"The storage {base} is in a bucket that does not exist. Check {_SETTING}, or "
            "create the bucket: it is not made from here."
        ) from None
    except PermissionError:
        # Limited to what lies below the path, and that is all that is needed.
        return
