"""The sandbox's life: it starts, counts, calls back, ends, and speaks up when it fails."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
import threading
from datetime import datetime

import pytest
import requests

from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow_tests.sandbox.clients import V3, HrFlow


def test_it_listens_on_loopback_alone(sandbox: Sandbox) -> None:
    assert sandbox.url.startswith("http://127.0.0.1:")
    assert set(sandbox.environment()) == {
        "GREENHOUSE_CLIENT_ID",
        "GREENHOUSE_CLIENT_SECRET",
        "GREENHOUSE_API_KEY",
        "GREENHOUSE_BASE_URL",
        "GREENHOUSE_TOKEN_URL",
        "HRFLOW_API_SECRET",
        "HRFLOW_API_USER",
        "HRFLOW_SOURCE_KEY",
        "HRFLOW_BASE_URL",
    }


def test_requests_are_counted_until_forgotten(sandbox: Sandbox, v3: V3, hrflow: HrFlow) -> None:
    v3.rows("candidates", per_page=30)
    hrflow.put(reference="nobody")
    counted = {"POST /token": 1, "GET /v3/candidates": 2, "PUT /hrflow/v1/profile/indexing": 1}
    assert sandbox.requests == counted
    sandbox.forget_requests()
    assert sandbox.requests == {}


def test_a_callback_may_change_people_and_ask_the_sandbox(sandbox: Sandbox, v3: V3) -> None:
    calls: list[str] = []

    def before(method: str, target: str) -> None:
        if target == "/v3/jobs?per_page=1":
            calls.append(f"{method} {target}")
            requests.get(f"{sandbox.url}/v3/nowhere", timeout=10)

    sandbox.before_request(before)
    assert v3.get("jobs", per_page=1).status_code == 200
    sandbox.before_request(None)
    v3.get("jobs", per_page=1)
    assert calls == ["GET /v3/jobs?per_page=1"]
    assert sandbox.requests["GET /v3/nowhere"] == 1


def test_a_callback_that_fails_is_told_when_the_block_ends() -> None:
    def before(method: str, target: str) -> None:
        raise KeyError("no such candidate")

    def run() -> int:
        with Sandbox(people=0) as sandbox:
            sandbox.before_request(before)
            return requests.get(sandbox.url, timeout=10).status_code

    with pytest.raises(RuntimeError, match="could not answer") as caught:
        run()
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_request_that_hangs_does_not_keep_it_from_ending() -> None:
    with Sandbox(people=0) as box:
        arrived = threading.Event()
        box.before_request(lambda method, target: arrived.set())
        box.fail(Fault("hang"))
        connection = http.client.HTTPConnection("127.0.0.1", int(box.url.rpartition(":")[2]))
        connection.request("GET", "/v3/jobs")
        assert arrived.wait(10)
    with pytest.raises(ConnectionError):
        connection.getresponse()
    connection.close()


def test_a_taken_port_is_named(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
        Sandbox(people=0, port=port)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="a moment with a zone"):
        Sandbox(people=0, started_on=datetime(2024, 12, 15))  # noqa: DTZ001


def test_a_path_of_neither_api_is_404(sandbox: Sandbox) -> None:
    for path in ("/", "/tokens", "/sandbox"):
        assert requests.get(f"{sandbox.url}{path}", timeout=10).status_code == 404


def test_latency_delays_every_answer() -> None:
    with Sandbox(people=0, latency=0.1) as sandbox:
        assert requests.get(sandbox.url, timeout=10).elapsed.total_seconds() >= 0.1


def test_a_person_can_watch_and_change_it() -> None:
    with Sandbox(people=3, control=True) as sandbox:
        candidate_id = sandbox.greenhouse.candidate_ids()[0]
        base = f"{sandbox.url}/sandbox"
        assert requests.get(base, timeout=10).json()["candidates"] == 3
        path = f"{base}/candidates/{candidate_id}"
        row = requests.patch(path, json={"title": "Captain"}, timeout=10).json()
        assert row == sandbox.greenhouse.candidate(candidate_id)
        assert row["title"] == "Captain"
        assert requests.patch(path, json={"titel": "?"}, timeout=10).status_code == 422
        assert requests.patch(f"{base}/candidates/1", json={}, timeout=10).status_code == 404
        profile = requests.get(f"{base}/profiles/{candidate_id}", timeout=10).json()
        assert profile == sandbox.hrflow.profile(str(candidate_id))
        assert requests.get(f"{base}/profiles/nobody", timeout=10).status_code == 404
        fault = {"kind": "500", "path": "/v3", "times": None}
        assert requests.post(f"{base}/faults", json=fault, timeout=10).status_code == 200
        assert requests.get(f"{sandbox.url}/v3/x", timeout=10).status_code == 500
        assert requests.delete(f"{base}/faults", timeout=10).status_code == 200
        assert requests.get(f"{sandbox.url}/v3/x", timeout=10).status_code == 404
        assert requests.post(f"{base}/faults", json={"kind": "?"}, timeout=10).status_code == 422


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_a_terminal_it_prints_its_environment_and_ends_on_a_signal(number: int) -> None:
    command = [sys.executable, "-m", "greenhouse_hrflow.sandbox", "--people", "5", "--seed", "3"]
    command += ["--null-text", "empty"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(10)]
        settings = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines[:9])
        url = settings["GREENHOUSE_BASE_URL"]
        assert requests.get(f"{url}/sandbox", timeout=10).json()["candidates"] == 5
        assert lines[9].startswith(f"# {url}/sandbox")
        headers = {"X-API-KEY": settings["HRFLOW_API_SECRET"]}
        headers["X-USER-EMAIL"] = settings["HRFLOW_API_USER"]
        body = {"source_key": settings["HRFLOW_SOURCE_KEY"], "reference": "new", "text": None}
        hrflow = f"{settings['HRFLOW_BASE_URL']}/profile/indexing"
        assert requests.post(hrflow, json=body, headers=headers, timeout=10).status_code == 201
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stdout.read() == ""
