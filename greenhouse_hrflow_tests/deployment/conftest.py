"""A Postgres and an S3 server for a test, which its own process reaches as well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from s3fs import S3FileSystem

from greenhouse_hrflow_tests.support.postgres import postgres
from greenhouse_hrflow_tests.support.s3 import S3, s3


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of an empty Postgres."""
    with postgres() as url:
        yield url


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """An empty bucket, and this process's environment on it."""
    with s3() as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        S3FileSystem.clear_instance_cache()
        yield started
        S3FileSystem.clear_instance_cache()
