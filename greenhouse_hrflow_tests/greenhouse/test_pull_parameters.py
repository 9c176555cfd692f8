"""Which pull parameters are accepted, and what the error says of any other."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from greenhouse_hrflow.errors import PullParameterError
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters

TIMESTAMP = "not an ISO-8601 timestamp, such as 2024-12-15T03:55:00Z"
ID = "not made of positive integers, such as 53883394"
EMAIL = "not one e-mail address, such as name@example.com"


def test_every_parameter_in_its_usual_form() -> None:
    parameters = PullParameters.parse(
        {
            "skip_count": True,
            "created_after": "2024-01-01",
            "created_before": "2024-02-01T00:00:00+01:00",
            "updated_after": datetime(2024, 1, 1, 12, tzinfo=timezone(timedelta(hours=2))),
            "updated_before": "2024-01-02T00:00:00.0005Z",
            "job_id": 149995,
            "candidate_ids": "3, 1,3",
        }
    )
    assert parameters.skip_count is True
    assert str(parameters.created_window) == "[2024-01-01T00:00:00.000Z, 2024-01-31T23:00:00.000Z)"
    assert str(parameters.update_window) == "[2024-01-01T10:00:00.000Z, 2024-01-02T00:00:00.001Z)"
    assert parameters.job_id == "149995"
    assert parameters.ids == (3, 1)


def test_nothing_given_selects_everybody() -> None:
    for given in (None, {}, dict.fromkeys(PullParameters.model_fields)):
        parameters = PullParameters.parse(given)
        assert parameters == PullParameters()
        assert parameters.update_window.is_unbounded
        assert parameters.ids == ()


def test_an_email_wins_over_ids_and_is_not_shown() -> None:
    parameters = PullParameters.parse({"email": "a+b@example.com", "candidate_ids": [1, 2]})
    assert parameters.ids == ()
    assert "example.com" not in repr(parameters)


def test_fifty_ids_are_allowed() -> None:
    assert len(PullParameters.parse({"candidate_ids": list(range(1, 51))}).ids) == 50


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"updated_after": "yesterday"}, f"updated_after: {TIMESTAMP}"),
        ({"updated_before": ""}, f"updated_before: {TIMESTAMP}"),
        ({"created_after": 20240101}, f"created_after: {TIMESTAMP}"),
        ({"created_before": "2024-13-01"}, f"created_before: {TIMESTAMP}"),
        (
            {"updated_after": "2024-01-02", "updated_before": "2024-01-02"},
            "updated_before: not after updated_after, so no candidate could match",
        ),
        (
            {"created_after": "2024-01-02", "created_before": "2024-01-01"},
            "created_before: not after created_after, so no candidate could match",
        ),
        (
            {"candidate_ids": ",".join(map(str, range(1, 52)))},
            "candidate_ids: 51 ids, where 1 to 50 are allowed",
        ),
        ({"candidate_ids": []}, "candidate_ids: 0 ids, where 1 to 50 are allowed"),
        ({"candidate_ids": ""}, f"candidate_ids: {ID}"),
        ({"candidate_ids": "1,,2"}, f"candidate_ids: {ID}"),
        ({"candidate_ids": [1, True]}, f"candidate_ids: {ID}"),
        ({"candidate_ids": "0"}, f"candidate_ids: {ID}"),
        ({"job_id": "backend"}, f"job_id: {ID}"),
        ({"job_id": ""}, f"job_id: {ID}"),
        ({"email": ""}, f"email: {EMAIL}"),
        ({"email": "a@example.com, b@example.com"}, f"email: {EMAIL}"),
        (
            {"skip_count": "perhaps"},
            "skip_count: Input should be a valid boolean, unable to interpret input",
        ),
        (
            {"jobid": 1},
            "jobid: no pull parameter; these are: skip_count, created_before, created_after, "
            "updated_before, updated_after, job_id, email, candidate_ids",
        ),
    ],
)
def test_a_malformed_parameter_is_named(given: dict[str, object], message: str) -> None:
    with pytest.raises(PullParameterError) as caught:
        PullParameters.parse(given)
    assert str(caught.value) == message


def test_each_problem_has_a_line() -> None:
    with pytest.raises(PullParameterError) as caught:
        PullParameters.parse({"updated_after": "soon", "job_id": "x", "email": "nobody"})
    assert str(caught.value).splitlines() == [
        f"updated_after: {TIMESTAMP}",
        f"job_id: {ID}",
        f"email: {EMAIL}",
    ]


def test_what_is_no_mapping_is_refused() -> None:
    with pytest.raises(PullParameterError, match="must be a mapping of names to values"):
        PullParameters.parse(["updated_after"])  # type: ignore[arg-type]
