"""A Postgres, an S3 server and both accounts, which a test's own process reaches as well."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from s3fs import S3FileSystem

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.deployment.estate import add_people
from greenhouse_hrflow_tests.support.postgres import NotInstalled, postgres
from greenhouse_hrflow_tests.support.s3 import S3, s3


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of an empty Postgres. Where CI has none, a test fails; elsewhere it is skipped."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgres())
        except NotInstalled as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(error))
        yield url


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Both accounts, with people whose profiles differ."""
    with Sandbox(people=0) as started:
        add_people(started)
        yield started


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """An empty bucket, and this process's environment on it."""
    with s3() as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        S3FileSystem.clear_instance_cache()
        yield started
        S3FileSystem.clear_instance_cache()
