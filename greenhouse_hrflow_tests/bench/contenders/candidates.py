"""What the contenders share that are not this project: reading v1, a plain profile, the figures."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

Json = dict[str, Any]


def read_all(session: requests.Session) -> list[Json]:
    """Every candidate as Harvest v1 gives them, in pages of 500."""
    candidates: list[Json] = []
    url = f"{os.environ['GREENHOUSE_BASE_URL']}/v1/candidates?per_page=500"
    while url:
        answer = session.get(url, auth=(os.environ["GREENHOUSE_API_KEY"], ""), timeout=60)
        answer.raise_for_status()
        candidates += answer.json()
        url = answer.links.get("next", {}).get("url", "")
    return candidates


def plain_profile(candidate: Json) -> Json:
    """The fields that a short script would send."""
    emails, phones = candidate["email_addresses"], candidate["phone_numbers"]
    return {
        "reference": str(candidate["id"]),
        "info": {
            "first_name": candidate["first_name"] or "",
            "last_name": candidate["last_name"] or "",
            "email": emails[0]["value"] if emails else "",
            "phone": phones[0]["value"] if phones else "",
        },
        "experiences": [
            {"title": job["title"] or "", "company": job["company_name"] or ""}
            for job in candidate["employments"]
        ],
    }


PushOne = Callable[[requests.Session, str, Json], requests.Response]
"""Pushes one candidate to this address, in the session's connection; gives the last answer."""


def push_each(push_one: PushOne) -> None:
    """Read all, then push one after the other over one connection, and tell the figures."""
    url = f"{os.environ['HRFLOW_BASE_URL']}/profile/indexing"
    failed, cpu_began = 0, time.process_time()
    with requests.Session() as session:
        began = time.perf_counter()
        candidates = read_all(session)
        read = time.perf_counter()
        session.headers.update(hrflow_headers())
        for candidate in candidates:
            try:
                failed += push_one(session, url, plain_profile(candidate)).status_code != 200
            except (requests.RequestException, TypeError):
                failed += 1
    tell(read - began, time.perf_counter() - read, failed, cpu_began)


def hrflow_headers() -> dict[str, str]:
    """What HrFlow asks of every request."""
    return {
        "X-API-KEY": os.environ["HRFLOW_API_SECRET"],
        "X-USER-EMAIL": os.environ["HRFLOW_API_USER"],
    }


def tell(pull_seconds: float, push_seconds: float, failed: int, cpu_began: float) -> None:
    """Print the figures of this process; `cpu_began` leaves out what its imports took."""
    cpu = time.process_time() - cpu_began
    figures = {"pull": pull_seconds, "push": push_seconds, "cpu": cpu}
    print(json.dumps({**figures, "failed": failed, "peak_mib": _peak_mib()}), flush=True)


def _peak_mib() -> int:
    """The most memory that this process had resident; 0 where the system does not tell.

    Not `ru_maxrss`: Linux lets that begin with what the parent had resident, here the sandbox.
    """
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    peak = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), "0")
    return int(peak) // 1024
