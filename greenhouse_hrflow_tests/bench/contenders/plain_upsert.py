"""A naive upsert: a plain script that PUTs each candidate without reading its profile."""

from __future__ import annotations

import os
import time

import requests

from greenhouse_hrflow_tests.bench.contenders.candidates import (
    hrflow_headers,
    plain_profile,
    read_all,
    tell,
)


def main() -> None:
    """Read all, then push all."""
    url = f"{os.environ['HRFLOW_BASE_URL']}/profile/indexing"
    source = os.environ["HRFLOW_SOURCE_KEY"]
    failed, cpu_began = 0, time.process_time()
    with requests.Session() as session:
        began = time.perf_counter()
        candidates = read_all(session)
        read = time.perf_counter()
        session.headers.update(hrflow_headers())
        for candidate in candidates:
            body = {"source_key": source, "text": "", **plain_profile(candidate)}
            try:
                failed += session.put(url, json=body, timeout=60).status_code != 200
            except requests.RequestException:
                failed += 1
    tell(read - began, time.perf_counter() - read, failed, cpu_began)


if __name__ == "__main__":
    main()
