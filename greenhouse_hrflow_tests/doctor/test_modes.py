"""Whatever the two accounts are like, the doctor names it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from greenhouse_hrflow.doctor.asking import MOST_REQUESTS
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.sandbox.modes import GreenhouseModes, HrFlowModes
from greenhouse_hrflow_tests.doctor.examined import examine

LISTS = (
    "candidates", "applications", "attachments", "candidate_educations", "candidate_employments",
    "applied_candidate_tags", "custom_field_options", "jobs", "sources",
)  # fmt: skip
PEOPLE = 80


def _mostly(rng: random.Random, usual: Any, others: Sequence[Any]) -> Any:
    """Three times of four as usual: where nothing answers there is little to be told."""
    return usual if rng.random() < 0.75 else rng.choice(others)


def _greenhouse(rng: random.Random) -> GreenhouseModes:
    scopes = tuple(sorted(rng.sample(LISTS, 7), key=LISTS.index))
    return GreenhouseModes(
        token_field=rng.choice(("expires_at", "expires_in", "expires", "none")),
        token_lifetime=rng.choice((3600.0, 900.0)),
        single_active_token=rng.random() < 0.5,
        introspection=rng.choice(("absent", "site_admin", "not_site_admin")),
        lists=_mostly(rng, "open", ("refused", "empty")),
        scopes=_mostly(rng, None, (scopes,)),
        private_candidates=rng.choice(("shown", "hidden")),
        pipe_filter=rng.choice(("works", "refused", "ignored")),
        bracket_filter=rng.choice(("works", "refused", "ignored")),
        most_per_page=_mostly(rng, 500, (100, 250)),
        order=rng.choice(("descending", "ascending")),
        rate_limit=rng.choice((None, 50)),
        v1=_mostly(rng, "open", ("closed_401", "closed_403", "closed_404", "closed_410")),
    )


def _hrflow(rng: random.Random) -> HrFlowModes:
    others: list[Any] = [form for form in ("offset", "zulu", "date") if rng.random() < 0.5]
    takes = rng.random() < 0.5
    return HrFlowModes(
        key=_mostly(rng, "reads_and_writes", ("reads", "writes")),
        list_limit=rng.choice((30, 50)),
        list_lags=rng.random() < 0.5,
        missing_profile=rng.choice((400, 404)),
        references=_mostly(rng, "candidate_id", ("e-mail", "other")),
        put_mode=rng.choice(("replace", "merge")),
        null_text=rng.choice(("refuse", "empty")),
        takes_attachments=takes,
        keeps_attachments=_mostly(rng, True, (False,)),
        keeps_unknown_fields=rng.random() < 0.5,
        dates=("local", *others),
        longest_metadata=_mostly(rng, None, (2000, 255)),
    )


def _told_of_v3(modes: GreenhouseModes) -> dict[str, Any]:
    told: dict[str, Any] = {
        "version": "v3",
        "token_field": modes.token_field,
        "introspection": modes.introspection,
        "single_active_token": modes.single_active_token,
        "rate_limit": modes.rate_limit,
    }
    if modes.token_field != "none":
        told["token_lifetime"] = modes.token_lifetime
    if modes.lists == "refused":
        return {**told, "lists": "refused"}
    if modes.scopes is not None:
        told["scopes"] = list(modes.scopes)
        if "candidates" not in modes.scopes:
            return told
    elif modes.lists == "open":
        told["lists"] = "open"
    told["most_per_page"] = modes.most_per_page
    if modes.lists == "empty":
        return told | ({"lists": "empty"} if modes.scopes is None else {})
    if modes.private_candidates == "shown":
        told["private_candidates"] = "shown"
    filters = {"pipe_filter": modes.pipe_filter, "bracket_filter": modes.bracket_filter}
    return {**told, "order": modes.order, **filters}


def _told_of_v1(modes: GreenhouseModes) -> dict[str, Any]:
    if modes.v1 != "open":
        return {"version": "v1", "v1": modes.v1}
    return {
        "version": "v1",
        "v1": "open",
        "most_per_page": modes.most_per_page,
        "rate_limit": modes.rate_limit,
        "private_candidates": "shown",
        "order": "ascending",
    }


def _told_of_hrflow(modes: HrFlowModes, *, writes: bool, knows_people: bool) -> dict[str, Any]:
    if modes.key != "reads_and_writes":
        return {"key": modes.key}
    told: dict[str, Any] = {
        "key": modes.key,
        "list_limit": modes.list_limit,
        "missing_profile": modes.missing_profile,
    }
    if knows_people:
        told["references"] = modes.references
    if not writes:
        return told
    told |= {
        "put_mode": modes.put_mode,
        "null_text": modes.null_text,
        "keeps_unknown_fields": modes.keeps_unknown_fields,
        "dates": list(modes.dates),
        "longest_metadata": modes.longest_metadata,
        "list_lags": modes.list_lags,
    }
    return told | (
        {"keeps_attachments": modes.keeps_attachments} if modes.takes_attachments else {}
    )


def _breaks(version: str, greenhouse: GreenhouseModes, hrflow: HrFlowModes, writes: bool) -> bool:
    if version == "v1":
        origin = greenhouse.v1 != "open"
    else:
        origin = greenhouse.lists != "open" or greenhouse.scopes is not None
    is_damaged = hrflow.longest_metadata is not None or (
        hrflow.takes_attachments and not hrflow.keeps_attachments
    )
    return origin or hrflow.key != "reads_and_writes" or (writes and is_damaged)


@pytest.mark.parametrize("seed", range(50))
def test_every_mode_is_named_right(seed: int) -> None:
    rng = random.Random(f"doctor/{seed}")
    greenhouse, hrflow = _greenhouse(rng), _hrflow(rng)
    version, writes = _mostly(rng, "v3", ("v1",)), rng.random() < 0.6
    with Sandbox(people=PEOPLE, seed=seed, greenhouse=greenhouse, hrflow=hrflow) as sandbox:
        options = ("--write-test",) if writes else ()
        told = examine(sandbox, *options, GREENHOUSE_HARVEST_VERSION=version)

    expected = _told_of_v1(greenhouse) if version == "v1" else _told_of_v3(greenhouse)
    assert told.contract["greenhouse"] == expected
    knows_people = "order" in expected
    found = told.contract["hrflow"]
    assert found == _told_of_hrflow(hrflow, writes=writes, knows_people=knows_people)
    # Where the source could not be looked through, it is no more than a reason to look.
    others = knows_people and hrflow.references != "candidate_id"
    if not others:
        assert told.exit_code == _breaks(version, greenhouse, hrflow, writes)
    assert told.requests <= MOST_REQUESTS
