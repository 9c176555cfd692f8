"""The reference connector, hrflow-connectors 4.28.0, mended in memory so that it works at all.

Its reader expects an object where Harvest v1 answers a bare array, and its default format gives an
int reference, of which HrFlow's client makes an error. Its format would also lose every candidate
with a null name or degree, and send dates in a form that the sandbox refuses: both are mended. It
runs in an environment of its own.
"""

from __future__ import annotations

import functools
import os
import time
from typing import Any

import requests
from hrflow_connectors.v2.connectors.greenhouse import aisles, connector  # type: ignore
from hrflow_connectors.v2.core.hrflow.aisles import profile as hrflow_profile  # type: ignore

from greenhouse_hrflow_tests.bench.contenders.candidates import Json, read_all, tell

_pulled: list[float] = []


class _Page:
    status_code = 200

    def __init__(self, candidates: list[Json]) -> None:
        self._candidates = candidates

    def json(self) -> Json:
        return {"candidates": self._candidates}


class _Harvest:
    """Stands in the place of `requests` in the connector's reader: all on page 0."""

    @staticmethod
    def get(url: str, *, params: Json, **rest: Any) -> _Page:
        if params["page"]:
            return _Page([])
        began = time.perf_counter()
        with requests.Session() as session:
            candidates = read_all(session)
        _pulled.append(time.perf_counter() - began)
        return _Page(candidates)


def _format(candidate: Json) -> Json:
    profile: Json = connector.format_greenhouse_profile(_without_nulls(candidate))
    for entry in profile["experiences"] + profile["educations"]:
        for name in ("date_start", "date_end"):
            entry[name] = entry[name] and entry[name][:19]
    return {**profile, "reference": str(profile["reference"])}


def _without_nulls(candidate: Json) -> Json:
    names = {name: candidate[name] or "" for name in ("first_name", "last_name")}
    educations = [
        {**each, "degree": each["degree"] or "", "discipline": each["discipline"] or ""}
        for each in candidate["educations"]
    ]
    return {**candidate, **names, "educations": educations}


def main() -> None:
    """Point both sides to the sandbox, and run the flow."""
    aisles.requests = _Harvest
    hrflow_profile.Hrflow = functools.partial(
        hrflow_profile.Hrflow, api_url=f"{os.environ['HRFLOW_BASE_URL']}/"
    )
    began, cpu_began = time.perf_counter(), time.process_time()
    result = connector.Greenhouse.update_profiles_in_hrflow(
        workflow_id="bench",
        connector_auth={"auth": os.environ["GREENHOUSE_API_KEY"]},
        hrflow_auth={
            "api_secret": os.environ["HRFLOW_API_SECRET"],
            "api_user": os.environ["HRFLOW_API_USER"],
        },
        pull_parameters={},
        push_parameters={"source_key": os.environ["HRFLOW_SOURCE_KEY"]},
        format=_format,
    )
    seconds = time.perf_counter() - began
    failures = ("format_failure", "write_failure")
    events = {str(getattr(key, "value", key)): count for key, count in result.events.items()}
    failed = sum(events.get(name, 0) for name in failures)
    tell(sum(_pulled), seconds - sum(_pulled), failed, cpu_began)


if __name__ == "__main__":
    main()
