"""/sandbox: what a person with curl can see and change in a sandbox that runs in a terminal.

GET /sandbox tells the counts, PATCH /sandbox/candidates/{id} sets v3 fields, GET
/sandbox/profiles/{reference} shows a profile, POST /sandbox/faults makes things go wrong and
DELETE /sandbox/faults ends that. No part of either API.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol, cast

from greenhouse_hrflow.sandbox.greenhouse.store import GreenhouseStore
from greenhouse_hrflow.sandbox.hrflow.store import HrFlowStore
from greenhouse_hrflow.sandbox.server.faults import Fault, Faults
from greenhouse_hrflow.sandbox.wire import Answer, Call, JsonObject, json_answer


class Counts(Protocol):
    """Whatever counts requests."""

    @property
    def requests(self) -> Counter[str]: ...


class Control:
    """Answers under /sandbox."""

    def __init__(
        self, greenhouse: GreenhouseStore, hrflow: HrFlowStore, faults: Faults, counts: Counts
    ) -> None:
        self._greenhouse = greenhouse
        self._hrflow = hrflow
        self._faults = faults
        self._counts = counts

    def answer(self, call: Call) -> Answer:
        """Do it, or say what is wrong with the request."""
        match [call.method, *call.path.strip("/").split("/")]:
            case ["GET", "sandbox"]:
                return json_answer(200, self._counted())
            case ["PATCH", "sandbox", "candidates", candidate_id]:
                return _answered(lambda: self._update(candidate_id, call.body))
            case ["GET", "sandbox", "profiles", reference]:
                return _answered(lambda: self._profile(reference))
            case ["POST", "sandbox", "faults"]:
                return _answered(lambda: self._fail(call.body))
            case ["DELETE", "sandbox", "faults"]:
                self._faults.heal()
                return json_answer(200, {})
            case _:
                return json_answer(404, {"message": "Resource not found"})

    def _counted(self) -> JsonObject:
        return {
            "candidates": len(self._greenhouse.candidate_ids()),
            "profiles": len(self._hrflow.profiles()),
            "puts": len(self._hrflow.puts),
            "requests": dict(self._counts.requests),
        }

    def _update(self, candidate_id: str, body: bytes) -> JsonObject:
        self._greenhouse.update_candidate(int(candidate_id), **_object(body))
        return self._greenhouse.candidate(int(candidate_id))

    def _profile(self, reference: str) -> JsonObject:
        profile = self._hrflow.profile(reference)
        if profile is None:
            raise LookupError(reference)
        return profile

    def _fail(self, body: bytes) -> JsonObject:
        fields = _object(body)
        self._faults.add(Fault(**fields))
        return fields


def _answered(work: Callable[[], JsonObject]) -> Answer:
    try:
        return json_answer(200, work())
    except LookupError as error:
        return json_answer(404, {"message": f"There is no {error}"})
    except (TypeError, ValueError) as error:
        return json_answer(422, {"message": str(error)})


def _object(body: bytes) -> JsonObject:
    fields: Any = json.loads(body)
    if not isinstance(fields, dict):
        raise TypeError("the body must be a JSON object")
    return cast("JsonObject", fields)
