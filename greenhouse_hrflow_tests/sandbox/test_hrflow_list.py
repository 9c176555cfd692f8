"""The sandbox's list of HrFlow profiles: its pages, its order, what it refuses."""

from __future__ import annotations

import pytest

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.sandbox.clients import HrFlow


def test_a_long_list_is_cut_to_100_a_page_and_says_so() -> None:
    with Sandbox(people=230) as sandbox, HrFlow(sandbox) as hrflow:
        total = len(sandbox.hrflow.references())
        seen: list[str] = []
        for page in (1, 2, 3):
            answer = hrflow.get(
                "storing/profiles",
                source_keys=f'["{hrflow.source_key}"]',
                return_profile="true",
                limit=1000,
                page=page,
            ).json()
            meta = {"page": page, "maxPage": 3, "count": len(answer["data"]), "total": total}
            assert answer["meta"] == meta
            seen += [profile["reference"] for profile in answer["data"]]
        assert sorted(seen) == sorted(sandbox.hrflow.references())


def test_a_list_is_in_the_order_that_was_asked_for(sandbox: Sandbox, hrflow: HrFlow) -> None:
    store = sandbox.hrflow

    def listed(**parameters: str) -> list[str]:
        keys = f'["{hrflow.source_key}"]'
        data = hrflow.get("storing/profiles", source_keys=keys, limit=100, **parameters).json()
        return [profile["reference"] for profile in data["data"]]

    first = listed()
    created = {one["reference"]: (one["created_at"], one["key"]) for one in store.profiles()}
    assert first == sorted(created, key=created.__getitem__, reverse=True)
    assert listed(order_by="asc") == first[::-1]
    store.delete(first[1])
    store.add({"reference": "new", "created_at": "2001-01-01T00:00:00.000Z"})
    store.edit(first[2], lambda profile: profile.update(text="edited"))
    left = [first[0], *first[2:], "new"]
    assert listed() == left
    assert listed(order_by="asc") == left[::-1]
    assert listed(sort_by="updated_at")[0] == first[2]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"source_keys": "key"},
        {"source_keys": '["0"]'},
        {"limit": "0"},
        {"sort_by": "name"},
        {"updated_at_min": "2024-01-01"},
    ],
)
def test_a_list_refuses_what_it_does_not_know(hrflow: HrFlow, parameters: dict[str, str]) -> None:
    keys = {"source_keys": f'["{hrflow.source_key}"]'} if parameters else {}
    answer = hrflow.get("storing/profiles", **keys | parameters)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
