"""The tables in a real S3, which nobody here wrote: moto on loopback, spoken to by s3fs."""

from __future__ import annotations

import time
from collections.abc import Iterator

import boto3
import pandas as pd
import pytest
import requests
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import failures
from greenhouse_hrflow_tests.support.stage import days_ago, key

TABLE = ("ledger", "a_workflow")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its address; it holds one empty bucket, `ours`."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "hush",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()
    # moto keeps what it holds for the whole process.
    requests.post(f"http://{host}:{port}/moto-api/reset", timeout=10)
    boto3.client("s3").create_bucket(Bucket="ours")
    yield f"http://{host}:{port}"
    S3FileSystem.clear_instance_cache()
    server.stop()


def buckets() -> list[str]:
    return [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]


@pytest.mark.usefixtures("s3")
def test_tables_are_written_replaced_read_and_found_by_their_time() -> None:
    tables = TableStore("s3://ours/a/path")
    tables.require_usable()
    assert tables.read(TABLE, "2025-03-10") is None
    assert list(tables.written_since(TABLE, 0)) == []

    tables.write(TABLE, "2025-03-10", pd.DataFrame({"a": [1]}))
    tables.write(TABLE, "2025-03-10", pd.DataFrame({"a": ["longer than before"] * 1000}))

    frame = tables.read(TABLE, "2025-03-10")
    assert frame is not None
    assert len(frame) == 1000
    assert list(tables.written_since(TABLE, time.time() - 60)) == ["2025-03-10"]
    assert list(tables.written_since(TABLE, time.time() + 60)) == []
    # As another machine does it: nothing that this process remembers tells of it.
    path = f"a/path/ledger/a_workflow/{{}}/{TABLE[-1]}.parquet"
    client = boto3.client("s3")
    copied = {"Bucket": "ours", "Key": path.format("2025-03-10")}
    client.copy_object(Bucket="ours", Key=path.format("2025-03-11"), CopySource=copied)
    assert set(tables.written_since(TABLE, 0)) == {"2025-03-10", "2025-03-11"}


@pytest.mark.usefixtures("s3")
def test_a_bucket_of_a_typo_is_a_sentence_and_is_not_made() -> None:
    for place in ("s3://our/a/path", "s3://our"):
        with pytest.raises(ConfigurationError, match=r"bucket that does not exist.*_STORAGE"):
            TableStore(place).require_usable()
    assert buckets() == ["ours"]


@pytest.mark.usefixtures("s3")
def test_a_run_keeps_its_tables_there(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage()
    person = stage.person(days_ago(1))
    monkeypatch.setenv("GREENHOUSE_HRFLOW_STORAGE", "s3://typo/tables")
    assert "bucket that does not exist" in failures(stage.run(key(1)))[0]

    monkeypatch.setenv("GREENHOUSE_HRFLOW_STORAGE", "s3://ours/tables")
    assert stage.run(key(1)).success

    assert stage.first_name(person) == "Ada"
    assert buckets() == ["ours"]
    kept = boto3.client("s3").list_objects_v2(Bucket="ours")["Contents"]
    assert {item["Key"].split("/")[1] for item in kept} == {
        "edit_log",
        "greenhouse_candidates", "hrflow_profiles", "id_lists", "ledger", "retries",
    }  # fmt: skip
