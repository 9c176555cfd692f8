"""One keep-alive connection without parallelism: GET, overlay, PUT, one after the other."""

from __future__ import annotations

import os

import requests

from greenhouse_hrflow_tests.bench.contenders.candidates import Json, push_each


def _push(session: requests.Session, url: str, profile: Json) -> requests.Response:
    source = os.environ["HRFLOW_SOURCE_KEY"]
    asked = {"source_key": source, "reference": profile["reference"]}
    stored = session.get(url, params=asked, timeout=60).json()["data"]
    body = {"source_key": source, **stored, **profile}
    body["info"] = {**stored["info"], **profile["info"]}
    return session.put(url, json=body, timeout=60)


if __name__ == "__main__":
    push_each(_push)
