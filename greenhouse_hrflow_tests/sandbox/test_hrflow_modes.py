"""What the live HrFlow may do either way, as a client of the sandbox meets it."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from greenhouse_hrflow.sandbox import HrFlowModes, Sandbox
from greenhouse_hrflow_tests.sandbox.clients import HrFlow
from greenhouse_hrflow_tests.sandbox.conftest import StandingClock

REFERENCE = "of the test"
FORMS = {
    "local": "2024-12-15T03:55:00",
    "date": "2024-12-15",
    "offset": "2024-12-15T03:55:00+0000",
    "zulu": "2024-12-15T03:55:00.000Z",
}


@contextmanager
def hrflow_with(people: int = 0, **modes: Any) -> Generator[tuple[Sandbox, HrFlow]]:
    """A source in an HrFlow that behaves so, with one profile beside those of the people."""
    made = HrFlowModes(**modes)
    with Sandbox(people=people, clock=StandingClock(), hrflow=made) as sandbox:
        attachment = {"type": "resume", "file_name": "original.pdf"}
        sandbox.hrflow.add({"reference": REFERENCE, "text": "CV", "attachments": [attachment]})
        with HrFlow(sandbox) as hrflow:
            yield sandbox, hrflow


def listed(hrflow: HrFlow, **parameters: Any) -> dict[str, Any]:
    keys = json.dumps([hrflow.source_key])
    given = {"source_keys": keys, "return_profile": "true", "limit": 1000, **parameters}
    return hrflow.get("storing/profiles", **given).json()


@pytest.mark.parametrize(
    ("mode", "prefix", "reading", "writing"),
    [
        ("reads_and_writes", "ask_", 200, 200),
        ("reads", "askr_", 200, 401),
        ("writes", "askw_", 401, 200),
    ],
)
def test_a_key_does_what_its_kind_may(mode: Any, prefix: str, reading: int, writing: int) -> None:
    with hrflow_with(key=mode) as (sandbox, hrflow):
        secret = sandbox.environment()["HRFLOW_API_SECRET"]
        assert secret.startswith(prefix)
        assert hrflow.get("auth").status_code == 200
        source = hrflow.get("source", key=hrflow.source_key)
        put = hrflow.put(reference=REFERENCE, text="Another")
        answers = [(source, reading), (hrflow.profile(REFERENCE), reading), (put, writing)]
        for answer, status in answers:
            assert answer.status_code == answer.json()["code"] == status
            assert secret not in answer.text


def test_a_page_of_the_list_holds_so_many() -> None:
    with hrflow_with(people=20, list_limit=6) as (sandbox, hrflow):
        meta = listed(hrflow)["meta"]
        total = len(sandbox.hrflow.profiles())
        assert meta == {"page": 1, "maxPage": -(-total // 6), "count": 6, "total": total}


@pytest.mark.parametrize("lags", [True, False])
def test_the_list_may_never_show_an_edit(lags: bool) -> None:
    with hrflow_with(people=5, list_lags=lags) as (sandbox, hrflow):
        reference = sandbox.hrflow.references()[0]
        assert hrflow.put(reference=reference, text="Another").status_code == 200
        assert hrflow.profile(reference).json()["data"]["text"] == "Another"
        [shown] = [each for each in listed(hrflow)["data"] if each["reference"] == reference]
        assert (shown["text"] == "Another") is not lags


@pytest.mark.parametrize("status", [400, 404])
def test_what_is_answered_of_a_missing_profile(status: Any) -> None:
    with hrflow_with(missing_profile=status) as (_, hrflow):
        answer = hrflow.profile("nobody")
        assert answer.status_code == answer.json()["code"] == status
        assert "Unable to find object: profile" in answer.json()["message"]


@pytest.mark.parametrize(
    ("mode", "is_one"),
    [
        ("candidate_id", str.isdigit),
        ("e-mail", lambda reference: "@" in reference),
        ("other", lambda reference: reference.startswith("ats-")),
    ],
)
def test_what_references_look_like(mode: Any, is_one: Any) -> None:
    with hrflow_with(people=60, references=mode) as (sandbox, _):
        references = [each for each in sandbox.hrflow.references() if each != REFERENCE]
        ours = [each for each in references if not each.startswith("elsewhere")]
        assert len(ours) > 50
        assert all(is_one(each) for each in ours)


@pytest.mark.parametrize("keeps", [True, False])
def test_a_put_keeps_attachments_or_empties_them(keeps: bool) -> None:
    with hrflow_with(keeps_attachments=keeps) as (_, hrflow):
        stored = hrflow.profile(REFERENCE).json()["data"]
        assert hrflow.put(**stored).status_code == 200
        after = hrflow.profile(REFERENCE).json()["data"]
        assert after["attachments"] == (stored["attachments"] if keeps else [])


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("put_mode", ["replace", "merge"])
def test_fields_that_nobody_knows_are_kept_or_dropped(keeps: bool, put_mode: Any) -> None:
    with hrflow_with(keeps_unknown_fields=keeps, put_mode=put_mode) as (_, hrflow):
        hrflow.put(reference=REFERENCE, text="CV", shoe_size=44)
        after = hrflow.profile(REFERENCE).json()["data"]
        assert ("shoe_size" in after) is keeps
        hrflow.put(reference=REFERENCE, text="CV")
        after = hrflow.profile(REFERENCE).json()["data"]
        assert ("shoe_size" in after) is (keeps and put_mode == "merge")


@pytest.mark.parametrize("dates", [("date",), ("offset", "zulu"), ()])
@pytest.mark.parametrize("section", ["experiences", "educations"])
def test_which_forms_of_a_date_are_taken(dates: Any, section: str) -> None:
    with hrflow_with(dates=dates) as (_, hrflow):
        for form, date in FORMS.items():
            taken = form in ("local", *dates)
            answer = hrflow.put(reference=REFERENCE, text="CV", **{section: [{"date_start": date}]})
            assert answer.status_code == (200 if taken else 422)
            if taken:
                assert answer.json()["data"][section][0]["date_start"] == date
        impossible = [{"date_start": "2024-13-15T03:55:00"}]
        assert hrflow.put(reference=REFERENCE, text="CV", experiences=impossible).status_code == 422


def test_a_long_metadata_may_come_back_cut() -> None:
    metadatas = [{"name": "long", "value": "x" * 30}, {"name": "none", "value": None}]
    with hrflow_with(longest_metadata=20) as (_, hrflow):
        assert hrflow.put(reference=REFERENCE, text="CV", metadatas=metadatas).status_code == 200
        after = hrflow.profile(REFERENCE).json()["data"]["metadatas"]
        assert [each["value"] for each in after] == ["x" * 20, None]


def test_the_modes_that_a_test_may_change_while_it_runs() -> None:
    with hrflow_with(people=20) as (sandbox, hrflow):
        sandbox.hrflow.list_limit = 3
        sandbox.hrflow.put_mode = "merge"
        sandbox.hrflow.let_list_lag()
        hrflow.put(reference=REFERENCE, interests=[{"name": "chess", "value": None}])
        assert hrflow.profile(REFERENCE).json()["data"]["text"] == "CV"
        assert listed(hrflow)["meta"]["count"] == 3
        assert listed(hrflow, reference=REFERENCE)["data"][0]["interests"] == []
