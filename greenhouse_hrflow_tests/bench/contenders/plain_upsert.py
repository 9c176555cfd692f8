"""A naive upsert: a plain script that PUTs each candidate without reading its profile."""

from __future__ import annotations

import os

import requests

from greenhouse_hrflow_tests.bench.contenders.candidates import Json, push_each


def _push(session: requests.Session, url: str, profile: Json) -> requests.Response:
    body = {"source_key": os.environ["HRFLOW_SOURCE_KEY"], "text": "", **profile}
    return session.put(url, json=body, timeout=60)


if __name__ == "__main__":
    push_each(_push)
