"""The league table: the same faults for every contender, and what became of the profiles."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from greenhouse_hrflow.sandbox.modes import HrFlowModes
from greenhouse_hrflow.sandbox.server.faults import Fault
from greenhouse_hrflow.sandbox.server.sandbox import Sandbox
from greenhouse_hrflow_tests.bench.running import Contender, run, start

_PROFILE = "profile/indexing|storing/profiles"


@dataclass(frozen=True)
class Harm:
    """Counts of profiles; `destroyed` counts fields that held something and hold nothing.

    `lost`: the candidate's name never came to them. `turned_back`: it came, and they hold an older
    one. `told`: how many failures the contender reported. `twice`: edits that carried the same
    content as an earlier one.
    """

    lost: int
    turned_back: int
    told: int
    twice: int
    destroyed: int


def _fault(kind: Any, method: str | None = None) -> Callable[[Contender, Sandbox], int]:
    def scenario(contender: Contender, sandbox: Sandbox) -> int:
        sandbox.fail(Fault(kind, _PROFILE, method, times=None, probability=0.05))
        return run(contender, sandbox, BENCH_WHOLE="1").failed

    return scenario


def _killed(contender: Contender, sandbox: Sandbox) -> int:
    """Kill it in the middle of its edits, and run it again."""
    half, process = threading.Event(), start(contender, sandbox, BENCH_WHOLE="1")
    middle = len(sandbox.hrflow.references()) // 2

    def look(method: str, target: str) -> None:
        if len(sandbox.hrflow.puts) >= middle:
            half.set()

    sandbox.before_request(look)
    half.wait(60)
    process.kill()
    process.communicate()
    sandbox.before_request(None)
    return run(contender, sandbox, BENCH_WHOLE="1").failed


def _overtaken(contender: Contender, sandbox: Sandbox) -> int:
    """When it has read all, everybody changes, and a second run brings that before it goes on."""
    begun = threading.Event()

    def overtake(method: str, target: str) -> None:
        if begun.is_set() or not re.search(_PROFILE, target):
            return
        begun.set()
        for candidate_id in sandbox.greenhouse.candidate_ids():
            sandbox.greenhouse.update_candidate(candidate_id, first_name="Newer")
        start(contender, sandbox, BENCH_WHOLE="1").communicate()

    sandbox.before_request(overtake)
    return run(contender, sandbox, BENCH_WHOLE="1").failed


SCENARIOS: dict[str, Callable[[Contender, Sandbox], int]] = {
    "5 % of connections dropped": _fault("drop"),
    "5 % of edits made, answer lost": _fault("drop-after", "PUT"),
    "5 % answered with 429": _fault("429"),
    "kill -9 in the middle, run again": _killed,
    "overtaken by a newer run": _overtaken,
}


def suffer(scenario: str, contender: Contender, people: int) -> Harm:
    """One scenario for one contender, on a sandbox of its own; the faults' seed is fixed."""
    with Sandbox(people=people, hrflow=HrFlowModes(null_text="empty")) as sandbox:
        for candidate_id in sandbox.greenhouse.candidate_ids():
            sandbox.greenhouse.update_candidate(candidate_id, first_name="Changed")
        before = {profile["reference"]: profile for profile in sandbox.hrflow.profiles()}
        told = SCENARIOS[scenario](contender, sandbox)
        after = {profile["reference"]: profile for profile in sandbox.hrflow.profiles()}
        bodies = [json.dumps([put.reference, _content(put.after)]) for put in sandbox.hrflow.puts]
        differing = [each for each in after.values() if _differs(sandbox, each)]
        came = {(put.reference, put.after["info"]["first_name"]) for put in sandbox.hrflow.puts}
        turned_back = sum((each["reference"], _name(sandbox, each)) in came for each in differing)
        return Harm(
            len(differing) - turned_back,
            turned_back,
            told,
            len(bodies) - len(set(bodies)),
            sum(_destroyed(profile, after[reference]) for reference, profile in before.items()),
        )


def _content(profile: dict[str, Any]) -> dict[str, Any]:
    """Without what the server and a run stamp themselves."""
    stamped = ("updated_at", "metadatas", "experiences", "educations")
    return {name: value for name, value in profile.items() if name not in stamped}


def _differs(sandbox: Sandbox, profile: dict[str, Any]) -> bool:
    reference = profile["reference"]
    known = {str(each) for each in sandbox.greenhouse.candidate_ids()}
    if profile["archived_at"] or reference not in known:
        return False
    return profile["info"]["first_name"] != _name(sandbox, profile)


def _name(sandbox: Sandbox, profile: dict[str, Any]) -> str:
    """What the profile's candidate is called."""
    return sandbox.greenhouse.candidate(int(profile["reference"]))["first_name"]


def _destroyed(before: dict[str, Any], after: dict[str, Any]) -> int:
    pairs = [(before, after), (before["info"], after["info"])]
    return sum(bool(old[name]) and not new.get(name) for old, new in pairs for name in old)
