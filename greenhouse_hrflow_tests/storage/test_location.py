"""Where the tables lie: what is expanded, what is refused at once, and that no bucket is made."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from upath import UPath

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.orchestration.io_manager import ParquetTables
from greenhouse_hrflow.orchestration.resources import Storage
from greenhouse_hrflow.run_result import Reason, Status
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow.update_profiles import update_profiles_in_hrflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import failures
from greenhouse_hrflow_tests.support.stage import Stage, days_ago, key

TABLE = ("ledger", "a_workflow")
DAY = "2025-03-10"
FRAME = pd.DataFrame({"a": [1]})

RELATIVE = ["tables", "./tables", "../tables", "~nobody-of-that-name/t", "file://tables",
            "file:tables", "local://tables", "file://~nobody-of-that-name/t", "s3:/bucket",
            "$HOME/tables", "file://host/tables", ""]  # fmt: skip


class Buckets(MemoryFileSystem):
    """Behaves like an object store: buckets are there or not, and below them only objects."""

    protocol = "buckets"
    cachable = False
    limited = False

    store: dict[str, Any] = {}  # noqa: RUF012 (as MemoryFileSystem has it: one for all)
    pseudo_dirs = [""]  # noqa: RUF012

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + path.removeprefix("buckets://").strip("/")

    def _require(self, path: str) -> None:
        if not self._strip_protocol(path).startswith("/ours"):
            raise FileNotFoundError("The specified bucket does not exist")

    def mkdir(self, path: str, create_parents: bool = True, **kwargs: Any) -> None:
        raise AssertionError("a bucket would have been made")

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        raise AssertionError("a bucket would have been made")

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> Any:
        self._require(path)
        if self._strip_protocol(path) == "/ours":
            if self.limited:
                raise PermissionError("Access Denied")
            return []
        return super().ls(path, detail, **kwargs)

    def _open(self, path: str, mode: str = "rb", *args: Any, **kwargs: Any) -> Any:
        self._require(path)
        return super()._open(path, mode, *args, **kwargs)


@pytest.fixture
def buckets() -> Iterator[type[Buckets]]:
    fsspec.register_implementation("buckets", Buckets, clobber=True)
    Buckets.store.clear()
    yield Buckets
    Buckets.limited = False


@pytest.mark.parametrize("limited", [False, True])
def test_an_object_store_gets_objects_and_no_folder(buckets: type[Buckets], limited: bool) -> None:
    buckets.limited = limited
    tables = TableStore("buckets://ours/a/path")
    tables.require_usable()

    tables.write(TABLE, DAY, FRAME)

    tables.require_usable()
    assert list(buckets.store) == [f"/ours/a/path/ledger/a_workflow/{DAY}/a_workflow.parquet"]
    frame = TableStore("buckets://ours/a/path").read(TABLE, DAY)
    assert frame is not None
    assert frame["a"].tolist() == [1]
    assert list(tables.written_since(TABLE, 1000)) == [DAY]


def test_a_bucket_that_is_not_there_is_a_sentence(buckets: type[Buckets]) -> None:
    for base in ("buckets://typo/a/path", "buckets://typo"):
        with pytest.raises(ConfigurationError, match=r"bucket that does not exist.*_STORAGE"):
            TableStore(base).require_usable()
    with pytest.raises(ConfigurationError, match="names no bucket"):
        TableStore("buckets://")
    assert buckets.store == {}


@pytest.mark.parametrize("place", RELATIVE)
def test_a_relative_place_is_refused(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(
        ConfigurationError, match=r"GREENHOUSE_HRFLOW_STORAGE .* must be an absolute"
    ):
        TableStore(place)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["~/t", "file://~/t", "file:~/t", "local://~/t", " ~/t\r\n"])
def test_a_home_folder_is_expanded(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    tables = TableStore(place)
    tables.write(TABLE, DAY, FRAME)

    assert str(tables) == str(tmp_path / "t")
    assert [path.name for path in tmp_path.rglob("*.parquet")] == ["a_workflow.parquet"]


def test_absolute_places_are_taken_as_they_are(tmp_path: Path) -> None:
    for place in (tmp_path, str(tmp_path), f"file://{tmp_path}", f"file:{tmp_path}",
                  UPath(tmp_path), UPath(f"file://{tmp_path}")):  # fmt: skip
        assert str(TableStore(place)) == str(tmp_path)
    assert str(TableStore("memory://x/y")).startswith("memory:")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("gs://bucket/path", r'package is missing.*pip install "greenhouse-hrflow\[gcs\]"$'),
        ("abfs://bucket/path", r'package is missing.*pip install "greenhouse-hrflow\[azure\]"$'),
        ("sftp://host/path", "package is missing.*paramiko"),
        ("nowhere://bucket", "nowhere:, which is no kind of storage"),
        ("simplecache::nowhere", "must be an absolute path"),
    ],
)
def test_a_kind_of_storage_that_is_not_there_is_a_sentence(place: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match="^GREENHOUSE_HRFLOW_STORAGE .*" + message):
        TableStore(place)


@pytest.mark.parametrize("url", ["s3://bucket/path", "s3a://bucket/path"])
def test_where_s3fs_is_missing_our_extra_is_named(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # None is what Python itself keeps for a module that may not be imported.
    monkeypatch.setitem(sys.modules, "s3fs", None)
    for loaded in ("s3", "s3a"):
        monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, loaded, raising=False)

    with pytest.raises(
        ConfigurationError,
        match=r"s3a?:, for which a package is missing\. Install it wherever runs and the code "
        r'location start: pip install "greenhouse-hrflow\[s3\]"$',
    ):
        TableStore(url)


def test_a_folder_that_cannot_be_written_is_found_out_without_leaving_a_trace(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "t", Path("/proc/nobody/writes/here")):
        with pytest.raises(ConfigurationError, match="no folder that can be written"):
            TableStore(place).require_usable()

    TableStore(tmp_path / "not" / "yet").require_usable()

    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("place", ["tables", "nowhere://x", "/proc/nobody/writes/here"])
def test_a_run_says_so_and_does_not_try_again(
    make_stage: MakeStage, place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    stage = make_stage(tables=ParquetTables(url=place))
    stage.person(days_ago(1))

    result = stage.run(key(1))

    assert "GREENHOUSE_HRFLOW_STORAGE" in failures(result)[0]
    assert [event for event in result.all_events if event.is_step_up_for_retry] == []
    with pytest.raises(ConfigurationError, match="GREENHOUSE_HRFLOW_STORAGE"):
        Storage(url=place).open(stage.instance)
    assert list(tmp_path.glob("tables*")) == []


@pytest.mark.parametrize("place", ["tables", "nowhere://x", "/proc/nobody/writes/here"])
def test_the_plain_function_says_so_before_it_reads(
    stage: Stage, place: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GREENHOUSE_HRFLOW_STORAGE", place)

    result = update_profiles_in_hrflow("outside", incremental=True)

    assert (result.status, result.reason) == (Status.fatal, Reason.backend_not_configured)
    assert "GREENHOUSE_HRFLOW_STORAGE" in caplog.text
    assert not stage.sandbox.requests


def test_a_dagster_home_is_expanded_or_refused(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    stage.person()
    monkeypatch.setenv("DAGSTER_HOME", "~/x\r")
    assert update_profiles_in_hrflow("outside", incremental=True).status is Status.success
    assert (tmp_path / "x" / "greenhouse_hrflow" / "landed").is_dir()

    monkeypatch.setenv("DAGSTER_HOME", "x")
    result = update_profiles_in_hrflow("outside", incremental=True)

    assert result.reason is Reason.backend_not_configured
    assert "DAGSTER_HOME must be an absolute path" in caplog.text
    assert not (tmp_path / "~").exists()
