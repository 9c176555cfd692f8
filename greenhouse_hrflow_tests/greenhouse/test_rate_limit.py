"""Reading under a small rate limit that others spend from: without a single 429."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from urllib3.util import Retry

from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.greenhouse.reader import open_reader
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.sandbox import GreenhouseModes, Sandbox
from greenhouse_hrflow.windows import UpdateWindow


@pytest.mark.parametrize("version", ["v3", "v1"])
@pytest.mark.parametrize("others", [0, 6])
def test_a_read_meets_no_429(version: str, others: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(timezone.utc)
    ever = UpdateWindow(now - timedelta(days=4000), now)
    with Sandbox(
        people=300, greenhouse=GreenhouseModes(rate_limit=60, rate_window=2.0, rate_others=others)
    ) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        settings = GreenhouseSettings.resolve(harvest_version=version)  # type: ignore[arg-type]
        # Without retries, a 429 would end the read.
        with open_reader(settings, retries=Retry(total=0)) as reader:
            assert len(list(reader.read(ever, PullParameters()))) == 300
